#include "libs/domain/recommendations/baskets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "libs/domain/recommendations/profile.h"
#include "libs/domain/recommendations/test_shop.h"

namespace kontor::recommendations {
namespace {

using ::testing::ElementsAre;

TEST(BasketsTest, KeepsDistinctPurchasesOnly) {
  history::HistoryBuilder builder;
  builder.Add({.user = 0, .item = 5, .basket = 1, .time_seconds = 10, .context = 3});
  builder.Add({.user = 0, .item = 2, .basket = 1, .time_seconds = 10});
  builder.Add({.user = 0, .item = 5, .basket = 1, .time_seconds = 10});
  builder.Add({.user = 0, .item = 1, .basket = 2, .time_seconds = 20, .kind = history::Kind::kView});
  builder.Add({.user = 0, .item = 1, .basket = 3, .time_seconds = 30, .weight = 0});
  builder.Add({.user = 0, .item = 9, .basket = 4, .time_seconds = 40});
  builder.Add({.user = 2, .item = 0, .basket = 5, .time_seconds = 50});
  const Baskets baskets = Baskets::FromHistory(std::move(builder).Build(), 9);

  ASSERT_EQ(baskets.users(), 3u);
  ASSERT_EQ(baskets.size(), 2u) << "a view, a weight of 0 and an unknown item make no basket";
  EXPECT_EQ(baskets.lines(), 3u);
  EXPECT_THAT(baskets.At(0).items, ElementsAre(2, 5));
  EXPECT_EQ(baskets.At(0).context, 3u);
  EXPECT_EQ(baskets.OfUser(1).size(), 0u);
  EXPECT_EQ(baskets.newest_seconds(), 50);
}

TEST(BasketsTest, HoldsOutTheLastOfTwoAndMore) {
  const Baskets baskets = MakeBaskets(10, {{{1}, {2, 3}}, {{4}}, {{5}, {6}, {7}}}, {1, 2, 3});
  const HoldOut out = HoldOutLast(baskets);
  ASSERT_EQ(out.examples.size(), 2u);
  EXPECT_EQ(out.examples[0].user, 0u);
  EXPECT_THAT(out.examples[0].target, ElementsAre(2, 3));
  EXPECT_EQ(out.examples[1].user, 2u);
  EXPECT_THAT(out.examples[1].target, ElementsAre(7));
  EXPECT_EQ(out.examples[1].context, 3u);
  ASSERT_EQ(out.train.users(), 3u);
  EXPECT_EQ(out.train.size(), 4u);
  EXPECT_THAT(out.train.At(out.train.OfUser(1).begin).items, ElementsAre(4));
}

TEST(BasketsTest, HoldsOutAsManyAsAsked) {
  std::vector<std::vector<std::vector<ItemId>>> users(100, {{1}, {2}});
  const HoldOut out = HoldOutLast(MakeBaskets(3, users), 7);
  EXPECT_EQ(out.examples.size(), 7u);
  EXPECT_EQ(out.train.size(), 193u);
  EXPECT_GT(out.examples.back().user, 90u) << "spread over all";
}

TEST(ProfileTest, CountsWithDecay) {
  const OwnedContext owned({{1, 2}, {2, 3}, {2}});  // newest first
  const Profile profile(owned.context, 10);
  ASSERT_EQ(profile.items().size(), 3u);
  EXPECT_EQ(profile.baskets(), 3);
  const ProfileItem& two = *profile.Find(2);
  EXPECT_EQ(two.count, 3);
  EXPECT_NEAR(two.rate, (1 + .9 + .81) / 3, 1e-6);
  EXPECT_TRUE(two.in_last);
  EXPECT_EQ(two.last_time_seconds, 3 * 86400);
  EXPECT_NEAR(profile.Find(3)->rate, .9 / 3, 1e-6);
  EXPECT_FALSE(profile.Find(3)->in_last);
  EXPECT_EQ(profile.Find(4), nullptr);
  EXPECT_EQ(profile.current_seeds().size(), 2u) << "the last basket";
}

TEST(ProfileTest, TheSessionComesBeforeTheLastBasketAndUnknownItemsAreDropped) {
  const OwnedContext owned({{1, 2, 77}}, {{5, 1}, {6, 9}, {88, 1}, {7, 0}});
  const Profile profile(owned.context, 10);
  EXPECT_EQ(profile.items().size(), 2u);
  ASSERT_EQ(profile.current_seeds().size(), 2u);
  EXPECT_EQ(profile.current_seeds()[1].weight, 1) << "no seed weighs more than 1";
  EXPECT_EQ(profile.seeds().size(), 4u);
  EXPECT_FALSE(profile.empty());
  EXPECT_TRUE(Profile(UserContext(), 10).empty());
}

TEST(ProfileTest, KeepsTheHeaviestSeeds) {
  std::vector<Seed> session;
  for (ItemId item = 0; item < 500; ++item) session.push_back({item, item % 2 == 0 ? 0.5F : 0.9F});
  const OwnedContext owned({}, session);
  const Profile profile(owned.context, 1000);
  ASSERT_EQ(profile.seeds().size(), Profile::kMaxSeeds);
  for (const Seed& seed : profile.seeds()) EXPECT_EQ(seed.item % 2, 1u);
}

}  // namespace
}  // namespace kontor::recommendations
