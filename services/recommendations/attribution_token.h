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
  int strategy = 0;           // how sources were mixed; 0: no choice was made
  uint32_t context = 0;       // what the choice was made by
  double propensity = 1;      // with which probability that strategy was chosen; steps of 1/10,000
  double expected = 0;        // probability that the answer is clicked, as predicted; 0: nothing was; steps of 1/10,000
  std::string leads;          // LeadCharacter of each place, at most kMostLeads
};
inline constexpr size_t kMostLeads = 100;

// The leading reason of a place, v1::Reason::Kind (0 to 35; 0: none), as one of 0-9 and a-z, and back: 0 for what is
// none of them.
char LeadCharacter(int kind);
int LeadOf(char character);

// "r2.3.1.1.1323435000000000.00f1e2d3c4b5a697.0.0.10000.250.15c": at most 250 bytes of [a-z0-9.-]; intake takes 500.
// Propensity and expected are rounded, and held within 0 and 1.
std::string FormatAttributionToken(const AttributionToken& token);
// INVALID_ARGUMENT unless it is what FormatAttributionToken prints, or printed before strategies were in the token:
// "r1.3.1.1.1323435000000000.00f1e2d3c4b5a697".
absl::StatusOr<AttributionToken> ParseAttributionToken(absl::string_view text);

}  // namespace kontor::recommendations
