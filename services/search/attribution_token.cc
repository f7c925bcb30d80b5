#include "services/search/attribution_token.h"

#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/base/resource_name.h"

namespace kontor::search {

std::string FormatAttributionToken(const AttributionToken& token) {
  std::string text = absl::StrCat("s1.", absl::ToUnixMicros(token.answered_at), ".",
                                  absl::Hex(token.answer_id, absl::kZeroPad16), ".", token.effort, ".", token.variant);
  if (token.experiment.empty()) return text;
  return absl::StrCat(text, ".", token.experiment, ".", absl::Hex(token.candidate_places, absl::kZeroPad16));
}

absl::StatusOr<AttributionToken> ParseAttributionToken(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '.');
  AttributionToken token;
  int64_t micros = 0;
  const bool in_experiment = parts.size() == 7 && !parts[5].empty();
  const bool read = (parts.size() == 5 || in_experiment) && parts[0] == "s1" && absl::SimpleAtoi(parts[1], &micros) &&
                    parts[2].size() == 16 && absl::SimpleHexAtoi(parts[2], &token.answer_id) &&
                    absl::SimpleAtoi(parts[3], &token.effort) && absl::SimpleAtoi(parts[4], &token.variant);
  token.answered_at = absl::FromUnixMicros(micros);
  bool experiment_read = true;  // its id has the form of a shop's
  if (in_experiment) {
    token.experiment = std::string(parts[5]);
    experiment_read = base::IsShopId(parts[5]) && parts[6].size() == 16 &&
                      absl::SimpleHexAtoi(parts[6], &token.candidate_places) && token.variant >= 0 &&
                      token.variant <= 2;
  }
  if (!read || !experiment_read || FormatAttributionToken(token) != text) {
    return absl::InvalidArgumentError("it is no attribution token of a search");
  }
  return token;
}

}  // namespace kontor::search
