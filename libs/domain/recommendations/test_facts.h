#pragma once

#include <utility>
#include <vector>

#include "libs/domain/recommendations/item_facts.h"

// Facts for tests.
namespace kontor::recommendations {

inline constexpr int64_t kUnit = 1'000'000'000;

inline Term CategoryTerm(absl::string_view name) { return TermOf(TermKind::kCategory, name); }
inline Term BrandTerm(absl::string_view name) { return TermOf(TermKind::kBrand, name); }
inline Term GroupTerm(absl::string_view name) { return TermOf(TermKind::kGroup, name); }

inline ItemPrice Pounds(int64_t price, int64_t cost = -1) {
  return {CurrencyNumber("GBP"), price * kUnit, cost < 0 ? kUnknownAmount : cost * kUnit};
}

// Facts of the items 0, 1, 2, …
inline ItemFacts FactsOf(const std::vector<ItemFact>& facts) {
  std::vector<ItemFacts::Change> changes;
  for (ItemId item = 0; item < facts.size(); ++item) changes.emplace_back(item, facts[item]);
  return ItemFacts().With(changes);
}

}  // namespace kontor::recommendations
