#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/domain/search/document.h"
#include "libs/domain/search/evaluation.h"

namespace kontor::bench {

struct JudgedSearch {
  std::string query;
  std::vector<search::Judgement> judgements;  // documents are places of products; gain as the protocol has it
};

struct SearchData {
  std::vector<search::Product> products;
  std::vector<JudgedSearch> queries;  // in order of first appearance
  double relevant_gain = 1;           // of what counts as found
  std::vector<std::string> files;
};

struct SearchFiles {
  std::string products;     // id,title[,brand,category,description]; columns by name or, without known names, by place
  std::string judgements;   // id,query,grade
  double grade_offset = 1;  // gain = grade - offset, at least 0
  double relevant_grade = 2.33;
};

// The files of Home Depot where none are named: $KONTOR_DATA_DIR/home-depot, or ../shared/data/home-depot.
SearchFiles DefaultSearchFiles();

// NOT_FOUND for a missing file, INVALID_ARGUMENT with the line for a row that cannot be read or names no product.
absl::StatusOr<SearchData> ReadSearchData(const SearchFiles& files);

// Half of the queries, by a hash of their text: settings are chosen on the first half and reported on the second.
bool InFirstHalf(const std::string& query);

}  // namespace kontor::bench
