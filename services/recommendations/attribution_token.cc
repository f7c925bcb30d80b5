#include "services/recommendations/attribution_token.h"

#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace kontor::recommendations {

std::string FormatAttributionToken(const AttributionToken& token) {
  return absl::StrFormat("r1.%d.%d.%d.%d.%016x", token.model_version, token.placement, token.tier,
                         absl::ToUnixMicros(token.answered_at), token.answer_id);
}

absl::StatusOr<AttributionToken> ParseAttributionToken(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '.');
  AttributionToken token;
  int64_t micros = 0;
  if (parts.size() != 6 || parts[0] != "r1" || !absl::SimpleAtoi(parts[1], &token.model_version) ||
      !absl::SimpleAtoi(parts[2], &token.placement) || !absl::SimpleAtoi(parts[3], &token.tier) ||
      !absl::SimpleAtoi(parts[4], &micros) || !absl::SimpleHexAtoi(parts[5], &token.answer_id)) {
    return absl::InvalidArgumentError("this is no attribution token of a recommendation");
  }
  token.answered_at = absl::FromUnixMicros(micros);
  if (FormatAttributionToken(token) != text) {
    return absl::InvalidArgumentError("this is no attribution token of a recommendation");
  }
  return token;
}

}  // namespace kontor::recommendations
