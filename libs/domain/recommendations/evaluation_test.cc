#include "libs/domain/recommendations/evaluation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "libs/domain/recommendations/test_shop.h"

namespace kontor::recommendations {
namespace {

using ::testing::ElementsAre;

TEST(MetricsTest, ByHand) {
  MetricsMean mean(3);
  mean.Add({5, 1, 9}, {1, 2});  // one hit, in place 2
  const double ideal = 1 + 1 / std::log2(3.0);
  EXPECT_NEAR(mean.Mean().recall, 1 / 2., 1e-9);
  EXPECT_NEAR(mean.Mean().ndcg, (1 / std::log2(3.0)) / ideal, 1e-9);
  EXPECT_NEAR(mean.Mean().precision, 1 / 3., 1e-9);
  mean.Add({7, 8}, {1});  // none, and a short answer
  EXPECT_NEAR(mean.Mean().recall, 1 / 4., 1e-9);
  EXPECT_NEAR(mean.Mean().hit, 1 / 2., 1e-9);
  mean.Add({1, 2, 3}, {1, 2, 3, 4, 5});  // the ideal has three places
  EXPECT_NEAR(mean.Mean().ndcg, ((1 / std::log2(3.0)) / ideal + 0 + 1) / 3, 1e-9);
  EXPECT_EQ(mean.Mean().answers, 3);
}

TEST(FrequencyPeerTest, OwnThenPopular) {
  const Baskets train = MakeBaskets(5, {{{0, 1}}, {{0, 1}}, {{0, 2}}, {{4}, {4, 3}}});
  const FrequencyPeer peer(train);
  const OwnedContext owned({{4}, {4, 3}});
  using By = FrequencyPeer::By;
  EXPECT_THAT(peer.Top(By::kPopularity, owned.context, BoughtItems::kInclude, 3), ElementsAre(0, 1, 4));
  EXPECT_THAT(peer.Top(By::kOwnThenPopularity, owned.context, BoughtItems::kInclude, 4), ElementsAre(4, 3, 0, 1));
  EXPECT_THAT(peer.Top(By::kOwn, owned.context, BoughtItems::kInclude, 3), ElementsAre(4, 3, 0));
  EXPECT_THAT(peer.Top(By::kOwnThenPopularity, owned.context, BoughtItems::kExclude, 4), ElementsAre(0, 1, 2));
}

TEST(EvaluateNextBasketTest, CountsNewProductsOnTheirOwn) {
  // User 0: {1} then {1, 2}; user 1: {3} then {3}, nothing new.
  const HoldOut hold_out = HoldOutLast(MakeBaskets(5, {{{1}, {1, 2}}, {{3}, {3}}}));
  const std::vector<uint64_t> persons = {1, 2};
  const NextBasketMetrics metrics = EvaluateNextBasket(
      hold_out, hold_out.examples, persons, 1, [&](const Example&, const UserContext& context, BoughtItems bought) {
        if (bought == BoughtItems::kExclude) return std::vector<ItemId>{2};
        return std::vector<ItemId>(context.baskets[0].items.begin(), context.baskets[0].items.end());
      });
  EXPECT_EQ(metrics.all.answers, 2);
  EXPECT_NEAR(metrics.all.recall, (1 / 2. + 1) / 2, 1e-9);
  EXPECT_EQ(metrics.new_products.answers, 1);
  EXPECT_NEAR(metrics.new_products.recall, 1, 1e-9);
}

}  // namespace
}  // namespace kontor::recommendations
