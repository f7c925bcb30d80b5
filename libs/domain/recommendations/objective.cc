#include "libs/domain/recommendations/objective.h"

#include <algorithm>
#include <map>

namespace kontor::recommendations {
namespace {

bool Counts(const ItemPrice& price, int64_t now_seconds) {
  return price.cost != kUnknownAmount && now_seconds < price.valid_until_seconds;
}

// The currency in which most of the items have a price and a cost; 0 where none has.
uint32_t MainCurrency(const ItemFacts& facts, absl::Span<const ItemId> items, int64_t now_seconds) {
  std::map<uint32_t, size_t> counts;
  for (const ItemId item : items) {
    for (const ItemPrice& price : facts.prices(item)) {
      if (Counts(price, now_seconds)) ++counts[price.currency];
    }
  }
  uint32_t main = 0;
  for (const auto& [currency, count] : counts) {
    if (main == 0 || count > counts[main]) main = currency;
  }
  return main;
}

}  // namespace

std::vector<float> RelativeMargins(const ItemFacts& facts, absl::Span<const ItemId> items, int64_t now_seconds) {
  const uint32_t currency = MainCurrency(facts, items, now_seconds);
  std::vector<float> margins(items.size(), 1);
  if (currency == 0) return margins;
  std::vector<size_t> known;
  std::vector<float> positive;
  for (size_t i = 0; i < items.size(); ++i) {
    const ItemPrice* price = facts.PriceAt(items[i], currency, now_seconds);
    if (price == nullptr || price->cost == kUnknownAmount) continue;
    known.push_back(i);
    margins[i] = static_cast<float>(std::max<int64_t>(0, price->price - price->cost));
    if (margins[i] > 0) positive.push_back(margins[i]);
  }
  if (positive.empty()) return margins;
  const auto middle = positive.begin() + static_cast<int64_t>(positive.size() / 2);
  std::nth_element(positive.begin(), middle, positive.end());
  for (const size_t i : known) margins[i] /= *middle;
  return margins;
}

void ApplyObjective(const Objective& objective, absl::Span<const float> margins,
                    absl::Span<const OutcomeChances> chances, std::vector<Scored>& scored) {
  float most = 0;
  for (size_t i = 0; i < scored.size(); ++i) {
    const float odds = scored[i].score;
    const OutcomeChances chance = chances.empty() ? OutcomeChances{odds, odds, odds} : chances[i];
    scored[i].score = objective.click * chance.click + objective.cart * chance.cart +
                      (objective.purchase + objective.margin * margins[i]) * chance.purchase;
    most = std::max(most, scored[i].score);
  }
  if (most <= 0) return;
  for (Scored& one : scored) one.score /= most;
}

}  // namespace kontor::recommendations
