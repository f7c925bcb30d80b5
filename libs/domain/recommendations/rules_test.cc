#include "libs/domain/recommendations/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/base/random.h"
#include "libs/domain/recommendations/test_facts.h"

namespace kontor::recommendations {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// "p7" is item 7.
ItemId FindItem(absl::string_view product) {
  uint32_t item = kNone;
  return absl::SimpleAtoi(product.substr(1), &item) && item < 100 ? item : kNone;
}

std::vector<ItemId> Items(const Bits& bits) {
  std::vector<ItemId> items;
  ForEachBit(bits, [&](ItemId item) { items.push_back(item); });
  return items;
}

Rule MakeRule(const std::string& id, RuleAction action, ItemCondition condition = {}) {
  Rule rule;
  rule.id = id;
  rule.action = action;
  rule.condition = std::move(condition);
  return rule;
}

ItemFacts SmallCatalogue() {
  ItemFact bread, roll, beer, none;
  bread.categories = {CategoryTerm("FOOD"), CategoryTerm("BREAD")};
  bread.brand = BrandTerm("MILL");
  bread.prices = {Pounds(2, 1)};
  bread.available_at_seconds = 1'000;
  roll.categories = {CategoryTerm("FOOD"), CategoryTerm("BREAD"), CategoryTerm("ROLLS")};
  roll.prices = {Pounds(4, 3)};
  roll.available_at_seconds = 5'000;
  roll.stock_nanos = 0;
  beer.categories = {CategoryTerm("DRINK")};
  beer.attributes = {AttributeTerm("alcohol", "true")};
  beer.seller = TermOf(TermKind::kSeller, "PUB");
  beer.prices = {Pounds(5)};
  return FactsOf({bread, roll, beer, none});
}

std::vector<ItemId> Matching(const ItemCondition& condition, int64_t now = 6'000) {
  return Items(CompiledRules({MakeRule("r", Bury{}, condition)}, SmallCatalogue(), FindItem, now).rules()[0].matches);
}

TEST(RulesTest, ConditionsMeetEveryPartAndAnyValue) {
  EXPECT_THAT(Matching({}), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(Matching({.products = {"p2", "p0", "p3000"}}), ElementsAre(0, 2));
  EXPECT_THAT(Matching({.categories = {CategoryTerm("BREAD")}}), ElementsAre(0, 1)) << "any level";
  EXPECT_THAT(Matching({.categories = {CategoryTerm("ROLLS"), CategoryTerm("DRINK")}}), ElementsAre(1, 2));
  EXPECT_THAT(Matching({.brands = {BrandTerm("MILL")}}), ElementsAre(0));
  EXPECT_THAT(Matching({.sellers = {TermOf(TermKind::kSeller, "PUB")}}), ElementsAre(2));
  EXPECT_THAT(Matching({.attributes = {AttributeTerm("alcohol", "true")}}), ElementsAre(2));
  EXPECT_THAT(Matching({.currency = CurrencyNumber("GBP"), .least_nanos = 2 * kUnit, .most_nanos = 4 * kUnit}),
              ElementsAre(0, 1));
  EXPECT_THAT(Matching({.currency = CurrencyNumber("EUR")}), IsEmpty()) << "no price in that currency";
  EXPECT_THAT(Matching({.newer_than_seconds = 2'000}), ElementsAre(1)) << "an unknown age is not new";
  EXPECT_THAT(Matching({.newer_than_seconds = 1'000}), IsEmpty()) << "exactly so old";
  EXPECT_THAT(Matching({.newer_than_seconds = 2'000}, 2'000), ElementsAre(0)) << "what comes later is not on sale";
  EXPECT_THAT(Matching({.products = {"p0", "p1"}, .categories = {CategoryTerm("ROLLS")}}), ElementsAre(1));
}

TEST(RulesTest, FiltersKeepOutWhatTheySay) {
  const auto removed = [](RuleAction action, ItemCondition condition = {}) {
    const CompiledRules rules({MakeRule("r", action, std::move(condition))}, SmallCatalogue(), FindItem, 0);
    EXPECT_TRUE(rules.rules()[0].rule.filters());
    return Items(rules.rules()[0].removes);
  };
  EXPECT_THAT(removed(ExcludeItems{}, {.products = {"p1"}}), ElementsAre(1));
  EXPECT_THAT(removed(MarginFloor{500'000'000}), ElementsAre(1)) << "a quarter; unknown costs stay";
  EXPECT_THAT(removed(PriceLimit{CurrencyNumber("GBP"), 4 * kUnit}), ElementsAre(2, 3)) << "dearer, or unknown";
  EXPECT_THAT(removed(RequireAttribute{AttributeTerm("alcohol", "true")}), ElementsAre(0, 1, 3));
  EXPECT_THAT(removed(RequireStock{}), ElementsAre(1)) << "unknown stays";
  EXPECT_THAT(removed(RequireStock{}, {.products = {"p0"}}), IsEmpty());
  EXPECT_FALSE(MakeRule("r", Boost{2}).filters());
}

TEST(RulesTest, ScopeAndOrder) {
  std::vector<Rule> rules = {MakeRule("b", Bury{}), MakeRule("a", Bury{}), MakeRule("c", Bury{})};
  rules[2].priority = 5;
  rules[0].placements = {2};
  rules[0].countries = {"France"};
  rules[0].start_seconds = 10;
  rules[0].end_seconds = 20;
  const CompiledRules compiled(rules, ItemFacts(), FindItem, 0);
  EXPECT_EQ(compiled.rules()[0].rule.id, "c");
  EXPECT_EQ(compiled.rules()[1].rule.id, "a");
  EXPECT_THAT(compiled.Active(2, "France", 10), ElementsAre(0, 1, 2));
  EXPECT_THAT(compiled.Active(2, "France", 9), ElementsAre(0, 1));
  EXPECT_THAT(compiled.Active(2, "France", 20), ElementsAre(0, 1));
  EXPECT_THAT(compiled.Active(2, "", 10), ElementsAre(0, 1));
  EXPECT_THAT(compiled.Active(3, "France", 10), ElementsAre(0, 1));
}

TEST(RulesTest, UpdatingEqualsCompilingAnew) {
  base::Random random(3);
  const auto some_fact = [&] {
    ItemFact fact;
    fact.brand = random.Below(3);
    if (random.Chance(0.7)) fact.categories = {1 + random.Below(4)};
    if (random.Chance(0.7)) fact.prices = {Pounds(static_cast<int64_t>(random.Below(9)), 3)};
    if (random.Chance(0.5)) fact.stock_nanos = static_cast<int64_t>(random.Below(2));
    return fact;
  };
  std::vector<Rule> set = {MakeRule("a", ExcludeItems{}, {.brands = {1}}),
                           MakeRule("b", MarginFloor{200'000'000}, {.categories = {2, 3}}),
                           MakeRule("c", RequireStock{}), MakeRule("d", Boost{2}, {.products = {"p5", "p90"}}),
                           MakeRule("e", PriceLimit{CurrencyNumber("GBP"), 5 * kUnit})};
  ItemFacts facts;
  CompiledRules rules(set, facts, FindItem, 0);
  for (int round = 0; round < 20; ++round) {
    std::vector<ItemFacts::Change> changes;
    std::vector<ItemId> changed;
    for (ItemId item = facts.items(); item < 5U * static_cast<ItemId>(round + 1); ++item) changed.push_back(item);
    for (int i = 0; i < 3; ++i) changed.push_back(static_cast<ItemId>(random.Below(5 * (round + 1))));
    for (const ItemId item : changed) changes.emplace_back(item, some_fact());
    facts = facts.With(changes);
    rules = rules.Updated(facts, FindItem, changed, 0);
    const CompiledRules anew(set, facts, FindItem, 0);
    for (size_t r = 0; r < set.size(); ++r) {
      ASSERT_EQ(rules.rules()[r].matches, anew.rules()[r].matches) << set[r].id;
      ASSERT_EQ(rules.rules()[r].removes, anew.rules()[r].removes) << set[r].id;
      ASSERT_EQ(rules.rules()[r].named, anew.rules()[r].named) << set[r].id;
    }
  }
}

}  // namespace
}  // namespace kontor::recommendations
