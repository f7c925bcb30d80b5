#include "libs/domain/recommendations/item_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "absl/strings/str_cat.h"
#include "libs/base/random.h"
#include "libs/domain/recommendations/test_facts.h"

namespace kontor::recommendations {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<ItemId> Items(const Bits& bits) {
  std::vector<ItemId> items;
  ForEachBit(bits, [&](ItemId item) { items.push_back(item); });
  return items;
}

TEST(ItemFactsTest, MarginsAreExact) {
  // 0.1 + 0.2 is not 0.3 in binary: a third of 0.30 sold at 0.20 cost is exactly 1/3, which nanos do not hold.
  const ItemPrice third{1, 300'000'000, 200'000'000};
  EXPECT_DOUBLE_EQ(MarginShare(third), 1.0 / 3);
  EXPECT_FALSE(MarginBelow(third, 333'333'333));
  EXPECT_TRUE(MarginBelow(third, 333'333'334));
  EXPECT_FALSE(MarginBelow(Pounds(10, 9), 100'000'000)) << "exactly at the floor";
  EXPECT_TRUE(MarginBelow(Pounds(10, 12), 0)) << "sold at a loss";
  EXPECT_FALSE(MarginBelow(Pounds(10), 1'000'000'000)) << "unknown is not low";
  EXPECT_TRUE(std::isnan(MarginShare(Pounds(10))));
  EXPECT_EQ(MarginShare(Pounds(0, 0)), 0);
  EXPECT_FALSE(MarginBelow({1, 9'000'000'000'000'000'000, 0}, 999'999'999)) << "no overflow";
}

TEST(ItemFactsTest, FiltersAskColumns) {
  ItemFact bread, beer, gift;
  bread.categories = {CategoryTerm("FOOD"), CategoryTerm("BREAD")};
  bread.prices = {Pounds(2)};
  bread.stock_nanos = 0;
  beer.categories = {CategoryTerm("DRINK")};
  beer.attributes = {AttributeTerm("organic", "true")};
  beer.prices = {{CurrencyNumber("GBP"), 3 * kUnit, kUnknownAmount, 100}, {CurrencyNumber("USD"), 4 * kUnit}};
  beer.stock_nanos = 1;
  gift.sold = false;
  const ItemFacts facts = FactsOf({bread, beer, gift});
  EXPECT_THAT(Items(facts.sold_items()), ElementsAre(0, 1));
  EXPECT_THAT(Items(facts.out_of_stock()), ElementsAre(0)) << "unknown is not none";
  EXPECT_THAT(Items(facts.WithTopCategory(CategoryTerm("FOOD"))), ElementsAre(0));
  EXPECT_THAT(Items(facts.WithTopCategory(CategoryTerm("BREAD"))), IsEmpty()) << "below";
  EXPECT_THAT(Items(facts.WithAttribute(AttributeTerm("organic", "true"))), ElementsAre(1));
  EXPECT_THAT(Items(facts.WithAttribute(AttributeTerm("organic", "false"))), IsEmpty());
  EXPECT_THAT(Items(facts.PricedAtMost(CurrencyNumber("GBP"), 3 * kUnit, 99)), ElementsAre(0, 1));
  EXPECT_THAT(Items(facts.PricedAtMost(CurrencyNumber("GBP"), 3 * kUnit, 100)), ElementsAre(0)) << "it has ended";
  EXPECT_THAT(Items(facts.PricedAtMost(CurrencyNumber("USD"), 5 * kUnit, 0)), ElementsAre(1));
  EXPECT_FALSE(facts.sold(77));
  EXPECT_THAT(facts.prices(77), IsEmpty());
}

TEST(ItemFactsTest, SimilarityByHand) {
  ItemFact a, b, c, unknown;
  a.categories = {1, 2, 3};
  a.brand = 5;
  a.attributes = {7, 8, 9};
  b.categories = {1, 2, 4};
  b.brand = 5;
  b.attributes = {8, 9, 10};
  c.categories = {11};
  c.group = a.group = 77;
  const ItemFacts facts = FactsOf({a, b, c, unknown});
  // Path 2/3, brand 1, attributes 2/4.
  EXPECT_FLOAT_EQ(FactSimilarity(facts, 0, 1), (0.5F * 2 / 3 + 0.2F + 0.3F * 0.5F) / 1.0F);
  EXPECT_FLOAT_EQ(FactSimilarity(facts, 1, 2), 0) << "the paths differ, nothing else is known of both";
  EXPECT_FLOAT_EQ(FactSimilarity(facts, 0, 2), 1) << "variants";
  EXPECT_FLOAT_EQ(FactSimilarity(facts, 0, 3), 0);
  EXPECT_FLOAT_EQ(FactSimilarity(facts, 0, 0), 1);
}

TEST(ItemFactsTest, ChangesOverChangesAreTheLastState) {
  base::Random random(5);
  std::vector<ItemFact> expected;
  ItemFacts facts;
  for (int round = 0; round < 30; ++round) {
    std::vector<ItemFacts::Change> changes;
    for (int i = 0; i < 20; ++i) {
      const auto item = static_cast<ItemId>(random.Below(100 * (static_cast<uint64_t>(round) + 1)));
      ItemFact fact;
      fact.sold = random.Chance(0.9);
      fact.brand = random.Below(5);
      fact.group = random.Below(40);
      for (uint64_t n = random.Below(3); n > 0; --n) fact.categories.push_back(1 + random.Below(9));
      for (uint64_t n = random.Below(4); n > 0; --n) fact.attributes.push_back(100 * n);
      std::sort(fact.attributes.begin(), fact.attributes.end());
      if (random.Chance(0.5)) fact.prices.push_back(Pounds(static_cast<int64_t>(random.Below(9))));
      if (random.Chance(0.5)) fact.stock_nanos = static_cast<int64_t>(random.Below(3)) - 1;
      changes.emplace_back(item, fact);
      if (expected.size() <= item) expected.resize(item + 1);
      expected[item] = fact;
    }
    const ItemFacts before = facts;
    facts = facts.With(changes);
    EXPECT_LE(before.items(), facts.items());
    ASSERT_EQ(facts.items(), expected.size());
    for (ItemId item = 0; item < expected.size(); ++item) {
      const ItemFact fact = facts.Fact(item);
      ASSERT_EQ(fact.sold, expected[item].sold);
      ASSERT_EQ(fact.brand, expected[item].brand);
      ASSERT_EQ(fact.categories, expected[item].categories);
      ASSERT_EQ(fact.attributes, expected[item].attributes);
      ASSERT_EQ(fact.prices.size(), expected[item].prices.size());
      ASSERT_EQ(fact.stock_nanos, expected[item].stock_nanos);
      ASSERT_EQ(TestBit(facts.out_of_stock(), item), fact.stock_nanos == 0 || fact.stock_nanos == -1);
      std::vector<ItemId> group;
      for (const auto& [term, of] : facts.OfGroup(fact.group)) group.push_back(of);
      ASSERT_EQ(fact.group == 0, group.empty());
      ASSERT_EQ(std::count(group.begin(), group.end(), item), fact.group == 0 ? 0 : 1);
    }
  }
}

}  // namespace
}  // namespace kontor::recommendations
