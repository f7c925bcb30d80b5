#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace kontor::search {

// What an answer's attribution token says. It names no person, no product and no query.
struct AttributionToken {
  absl::Time answered_at;  // microseconds
  uint64_t answer_id = 0;  // random
  int effort = 0;          // v1::Effort
  // In an experiment: 0 the configuration in service, 1 the candidate, 2 both, interleaved; otherwise 0.
  int variant = 0;
  std::string experiment;         // its id; empty: in none
  uint64_t candidate_places = 0;  // interleaved: bit i: place i + 1 of the page is the candidate's
};

// "s1.1323435000000000.00f1e2d3c4b5a697.3.0", in an experiment followed by ".new-weights.0000000000000005": at most 160
// bytes of [a-z0-9.-].
std::string FormatAttributionToken(const AttributionToken& token);
// INVALID_ARGUMENT unless it is what FormatAttributionToken prints.
absl::StatusOr<AttributionToken> ParseAttributionToken(absl::string_view text);

}  // namespace kontor::search
