#include "services/search/attribution_token.h"

#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace kontor::search {

std::string FormatAttributionToken(const AttributionToken& token) {
  return absl::StrCat("s1.", absl::ToUnixMicros(token.answered_at), ".", absl::Hex(token.answer_id, absl::kZeroPad16),
                      ".", token.effort, ".", token.variant);
}

absl::StatusOr<AttributionToken> ParseAttributionToken(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '.');
  AttributionToken token;
  int64_t micros = 0;
  const bool read = parts.size() == 5 && parts[0] == "s1" && absl::SimpleAtoi(parts[1], &micros) &&
                    parts[2].size() == 16 && absl::SimpleHexAtoi(parts[2], &token.answer_id) &&
                    absl::SimpleAtoi(parts[3], &token.effort) && absl::SimpleAtoi(parts[4], &token.variant);
  token.answered_at = absl::FromUnixMicros(micros);
  if (!read || FormatAttributionToken(token) != text) {
    return absl::InvalidArgumentError("it is no attribution token of a search");
  }
  return token;
}

}  // namespace kontor::search
