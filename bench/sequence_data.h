#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/domain/recommendations/baskets.h"
#include "libs/domain/recommendations/model.h"

namespace kontor::bench {

// People's items in the order of time, as the recommender takes them: each item is a basket of its own. Where the file
// has no times all are the same.
struct SequenceData {
  recommendations::Baskets baskets{0};
  recommendations::Catalogue catalogue;  // products are named by the file's ids
  std::vector<uint64_t> persons;
  int64_t events = 0;
};

// The s3rec format: `user item item …` a line, oldest first, separated by spaces. NOT_FOUND without the file,
// INVALID_ARGUMENT with the line for a user without items.
absl::StatusOr<SequenceData> ReadSequences(const std::string& path);

// `user,item,time` a line, in any order, one header line where the first time is no number; time is in seconds.
absl::StatusOr<SequenceData> ReadInteractions(const std::string& path);

// Adds what {"item": [attribute, …], …} says of items to the catalogue; items that nobody met are passed over.
absl::Status ReadAttributes(const std::string& path, recommendations::Catalogue& catalogue);

}  // namespace kontor::bench
