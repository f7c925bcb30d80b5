#include "libs/domain/recommendations/sequential_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "libs/domain/recommendations/recency_source.h"
#include "libs/domain/recommendations/test_shop.h"

namespace kontor::recommendations {
namespace {

using ::testing::ElementsAre;

TEST(SequentialRulesTest, WeightsByHand) {
  // 0 then 1 twice (gap 1), 0 then 2 once (gap 2); never backwards, never across customers.
  const Baskets baskets = MakeBaskets(4, {{{0}, {1}, {2}}, {{0}, {1}}, {{3}}});
  const ItemTable rules = TrainSequentialRules(baskets, {.window = 10, .to_power = 0.5});
  EXPECT_NEAR(rules.At(0, 1), 2 / std::sqrt(2.0 * 2), 1e-6);
  EXPECT_NEAR(rules.At(0, 2), 0.5 / std::sqrt(2.0 * 1), 1e-6);
  EXPECT_NEAR(rules.At(1, 2), 1 / std::sqrt(2.0 * 1), 1e-6);
  EXPECT_EQ(rules.At(1, 0), 0);
  EXPECT_TRUE(rules.ItemsOf(2).empty());
  EXPECT_TRUE(rules.ItemsOf(3).empty());
}

TEST(SequentialRulesTest, WindowAndPowers) {
  const Baskets baskets = MakeBaskets(4, {{{0}, {1}, {2}, {3}}, {{0}, {2}}});
  const ItemTable rules = TrainSequentialRules(baskets, {.window = 2, .from_power = 1, .to_power = 0});
  EXPECT_NEAR(rules.At(0, 2), (1 + 0.5) / 2, 1e-6);
  EXPECT_EQ(rules.At(0, 3), 0);
  EXPECT_NEAR(rules.At(1, 3), 0.5, 1e-6);
}

TEST(SequentialRulesTest, ItemsOfOneBasketHaveNoOrder) {
  const ItemTable rules = TrainSequentialRules(MakeBaskets(3, {{{0, 1}, {2}}}), {});
  EXPECT_EQ(rules.At(0, 1), 0);
  EXPECT_GT(rules.At(0, 2), 0);
  EXPECT_GT(rules.At(1, 2), 0);
}

TEST(RecencySourceTest, TheNewestItemsCountMost) {
  ItemTable table;
  table.AppendRow({{2, 1}, {3, 1}});
  table.AppendRow({{3, 2}});
  const RecencySource source(RecencySource::Kind::kRules, std::move(table));
  const OwnedContext owned({std::vector<ItemId>{1}, std::vector<ItemId>{0}});  // 1 bought last
  Candidates candidates;
  const Profile profile(owned.context, 6);
  candidates.Reset(6, 2, {.bought = BoughtItems::kExclude}, profile);
  source.Generate(profile, 10, 0, candidates);
  candidates.OpenTable();
  source.Describe(profile, 0, candidates);
  EXPECT_THAT(candidates.items(), ElementsAre(3, 2));
  EXPECT_NEAR(candidates.value(0, 0), 2 + 0.6, 1e-6);
  EXPECT_NEAR(candidates.value(1, 0), 0.6, 1e-6);
  Reason reason;
  source.Explain(profile, 3, reason);
  EXPECT_EQ(reason.evidence, 1u);
  source.Explain(profile, 5, reason = {});
  EXPECT_EQ(reason.evidence, kNone);
}

}  // namespace
}  // namespace kontor::recommendations
