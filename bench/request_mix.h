#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "kontor/recommendations/v1/recommendation_service.pb.h"

namespace kontor::bench {

// Recommend requests from a file of tab-separated lines, in the order in which they are to be sent:
//   customer  ID       "" COUNTRY STORE    for a known customer
//   basket    ""       P,P COUNTRY STORE   for a basket without a person
//   stranger  ""       "" COUNTRY STORE
// (kind, customer, basket, country, store). `parent` is "shops/default". NOT_FOUND, INVALID_ARGUMENT.
struct RequestMix {
  std::vector<kontor::recommendations::v1::RecommendRequest> requests;
  std::vector<std::string> customers;  // every known customer once

  static absl::StatusOr<RequestMix> Load(const std::string& path, const std::string& parent);
};

}  // namespace kontor::bench
