#include "services/recommendations/term_sets.h"

#include <algorithm>

#include "gtest/gtest.h"
#include "libs/base/random.h"

namespace kontor::recommendations {
namespace {

TEST(TermSetsTest, FollowTheFacts) {
  base::Random random(7);
  auto facts = std::make_unique<ItemFacts>();
  auto sets = std::make_unique<TermSets>(*facts, nullptr, absl::Span<const ItemFacts::Change>());
  for (int round = 1; round < 30; ++round) {
    std::vector<ItemFacts::Change> changes;
    for (int i = 0; i < 10; ++i) {
      ItemFact fact;
      fact.categories = {1 + random.Below(3), 9};
      if (random.Chance(0.5)) fact.attributes = {11 + random.Below(3), 18};
      std::sort(fact.attributes.begin(), fact.attributes.end());
      changes.emplace_back(static_cast<ItemId>(random.Below(30U * static_cast<uint64_t>(round))), fact);
    }
    auto next = std::make_unique<ItemFacts>(facts->With(changes));
    sets = std::make_unique<TermSets>(*next, sets.get(), changes);
    facts = std::move(next);
    for (const Term term : {1, 2, 3, 9}) {
      EXPECT_EQ(*sets->OfCategory(term), facts->WithTopCategory(term));
      EXPECT_EQ(*sets->WithAttribute(10 + term), facts->WithAttribute(10 + term));
    }
  }
}

TEST(TermSetsTest, KeepsSoMany) {
  const ItemFacts facts = ItemFacts().With({{ItemId{0}, ItemFact()}});
  const TermSets sets(facts, nullptr, {});
  for (Term term = 1; term < 2 * TermSets::kKept; ++term) sets.OfCategory(term);
  EXPECT_EQ(sets.OfCategory(1), sets.OfCategory(1));
  EXPECT_NE(sets.OfCategory(2 * TermSets::kKept), sets.OfCategory(2 * TermSets::kKept));
}

}  // namespace
}  // namespace kontor::recommendations
