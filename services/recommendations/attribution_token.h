#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace kontor::recommendations {

// What an answer's attribution token says. It names no person and no product: README.md, "The attribution token".
struct AttributionToken {
  int64_t model_version = 0;  // 0: no model
  int placement = 0;          // v1::Placement
  int tier = 0;               // v1::Tier
  absl::Time answered_at;     // microseconds
  uint64_t answer_id = 0;     // random
};

// "r1.3.1.1.1323435000000000.00f1e2d3c4b5a697": at most 80 bytes of [a-z0-9.-].
std::string FormatAttributionToken(const AttributionToken& token);
// INVALID_ARGUMENT unless it is what FormatAttributionToken prints.
absl::StatusOr<AttributionToken> ParseAttributionToken(absl::string_view text);

}  // namespace kontor::recommendations
