#include "services/recommendations/attribution_token.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace kontor::recommendations {
namespace {

constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyz";
constexpr int kSteps = 10'000;

int StepsOf(double probability) {
  return probability > 0 ? static_cast<int>(std::lround(std::min(probability, 1.0) * kSteps)) : 0;
}

bool TakeSteps(absl::string_view text, double& probability) {
  int steps = 0;
  if (!absl::SimpleAtoi(text, &steps) || steps < 0 || steps > kSteps) return false;
  probability = static_cast<double>(steps) / kSteps;
  return true;
}

std::string FormatFirst(const AttributionToken& token) {
  return absl::StrFormat("%d.%d.%d.%d.%016x", token.model_version, token.placement, token.tier,
                         absl::ToUnixMicros(token.answered_at), token.answer_id);
}

// What both versions have.
bool TakeFirst(absl::Span<const absl::string_view> parts, AttributionToken& token) {
  int64_t micros = 0;
  if (!absl::SimpleAtoi(parts[1], &token.model_version) || !absl::SimpleAtoi(parts[2], &token.placement) ||
      !absl::SimpleAtoi(parts[3], &token.tier) || !absl::SimpleAtoi(parts[4], &micros) ||
      !absl::SimpleHexAtoi(parts[5], &token.answer_id)) {
    return false;
  }
  token.answered_at = absl::FromUnixMicros(micros);
  return true;
}

bool TakeRest(absl::Span<const absl::string_view> parts, AttributionToken& token) {
  token.leads = std::string(parts[10]);
  return absl::SimpleAtoi(parts[6], &token.strategy) && absl::SimpleHexAtoi(parts[7], &token.context) &&
         TakeSteps(parts[8], token.propensity) && TakeSteps(parts[9], token.expected) &&
         token.leads.size() <= kMostLeads && token.leads.find_first_not_of(kDigits) == std::string::npos;
}

}  // namespace

char LeadCharacter(int kind) {
  return kind < 0 || kind >= static_cast<int>(kDigits.size()) ? '0' : kDigits[static_cast<size_t>(kind)];
}

int LeadOf(char character) {
  const size_t found = kDigits.find(character);
  return found == std::string_view::npos ? 0 : static_cast<int>(found);
}

std::string FormatAttributionToken(const AttributionToken& token) {
  return absl::StrFormat("r2.%s.%d.%x.%d.%d.%s", FormatFirst(token), token.strategy, token.context,
                         StepsOf(token.propensity), StepsOf(token.expected), token.leads);
}

absl::StatusOr<AttributionToken> ParseAttributionToken(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '.');
  AttributionToken token;
  const bool first = parts.size() == 6 && parts[0] == "r1", second = parts.size() == 11 && parts[0] == "r2";
  if ((first || second) && TakeFirst(parts, token) && (first || TakeRest(parts, token)) &&
      text == (first ? "r1." + FormatFirst(token) : FormatAttributionToken(token))) {
    return token;
  }
  return absl::InvalidArgumentError("this is no attribution token of a recommendation");
}

}  // namespace kontor::recommendations
