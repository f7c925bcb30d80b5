#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "libs/domain/recommendations/buy_again.h"
#include "libs/domain/recommendations/neighbours.h"
#include "libs/domain/recommendations/popularity.h"
#include "libs/domain/recommendations/test_shop.h"

namespace kontor::recommendations {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

// A source's table for a context.
struct Table {
  Table(const CandidateSource& source, const UserContext& context, uint32_t items, int limit, ItemFilter filter = {})
      : profile(context, items) {
    candidates.Reset(items, source.signals().size(), filter, profile);
    source.Generate(profile, limit, 0, candidates);
    candidates.OpenTable();
    source.Describe(profile, 0, candidates);
  }
  float Value(ItemId item, size_t signal) {
    for (size_t row = 0; row < candidates.items().size(); ++row) {
      if (candidates.items()[row] == item) return candidates.value(row, signal);
    }
    return -1;
  }
  Profile profile;
  Candidates candidates;
};

TEST(BuyAgainTest, SignalsByHand) {
  // Item 1: bought by three, again by one; item 2 by one, never again. Prior 1 of 4.
  const BuyAgain model = BuyAgain::Train(MakeBaskets(4, {{{1}, {1, 2}}, {{1}}, {{1}}}));
  EXPECT_NEAR(model.RepeatShare(1), (1 + 2 * .25) / (3 + 2), 1e-6);
  EXPECT_NEAR(model.RepeatShare(2), (0 + 2 * .25) / (1 + 2), 1e-6);
  EXPECT_NEAR(model.RepeatShare(3), .25, 1e-6);

  const OwnedContext owned({{2}, {1, 2}, {3}});
  Table table(model, owned.context, 4, 10);
  EXPECT_THAT(table.candidates.items(), UnorderedElementsAre(1, 2, 3));
  EXPECT_EQ(table.Value(2, BuyAgain::kBought), 1);
  EXPECT_NEAR(table.Value(2, BuyAgain::kLoyalty), std::log(3.0), 1e-6);
  EXPECT_EQ(table.Value(2, BuyAgain::kCount), 2);
  EXPECT_NEAR(table.Value(2, BuyAgain::kRate), (1 + .9) / 3, 1e-6);
  EXPECT_EQ(table.Value(2, BuyAgain::kInLast), 1);
  EXPECT_EQ(table.Value(1, BuyAgain::kInLast), 0);
  Reason reason;
  model.Explain(table.profile, 2, reason);
  EXPECT_EQ(reason.count, 2);
  EXPECT_EQ(reason.last_time_seconds, 3 * 86400);
}

TEST(BuyAgainTest, NominatesTheMostFrequent) {
  const BuyAgain model = BuyAgain::Train(MakeBaskets(9, {{{1}}}));
  const OwnedContext owned({{1}, {2, 3}, {3, 1}, {3}});
  Table table(model, owned.context, 9, 2);
  EXPECT_THAT(table.candidates.items(), UnorderedElementsAre(1, 3));
}

TEST(PopularityTest, SharesDecayByHand) {
  // Days 0 and 1; half-life one day: weights 1/2, 1 for user 0 and 1/2 for user 1.
  const Popularity model =
      Popularity::Train(MakeBaskets(3, {{{0}, {1}}, {{0, 1}}}), {}, {.half_life_days = 1, .shrink_baskets = 1});
  EXPECT_NEAR(model.Share(kNone, 0), (.5 + .5) / 2, 1e-6);
  EXPECT_NEAR(model.Share(kNone, 1), (1 + .5) / 2, 1e-6);
  EXPECT_EQ(model.Share(kNone, 2), 0);
  EXPECT_THAT(model.Order(), ElementsAre(1, 0, 2));
  EXPECT_NEAR(model.Trend(1), 2 + std::log((.75 + 1e-4) / (2 / 3. + 1e-4)), 1e-5);
  EXPECT_EQ(model.Trend(2), 2) << "never sold: neither";
}

TEST(PopularityTest, ContextsBackOffToTheirParents) {
  // Context 1 below 0; 2 has no parent and no baskets. All on day 0, so that every weight is 1.
  const Baskets baskets = MakeBaskets(4, {{{0}}, {{0}}, {{1}}, {{2}}}, {0, 1, 1, kNone});
  const std::vector<ContextId> parents = {kNone, 0, kNone};
  const Popularity model = Popularity::Train(baskets, parents, {.half_life_days = 30, .shrink_baskets = 2});
  const double everywhere = 2 / 4., country = (2 + 2 * everywhere) / (3 + 2.), store = (1 + 2 * country) / (2 + 2.);
  EXPECT_NEAR(model.Share(0, 0), country, 1e-6);
  EXPECT_NEAR(model.Share(1, 0), store, 1e-6);
  EXPECT_NEAR(model.Share(2, 0), everywhere, 1e-6);
  EXPECT_NEAR(model.Share(99, 0), everywhere, 1e-6) << "a context that the model does not know";
  EXPECT_EQ(model.SoldIn(1, 1), 1u);
  EXPECT_EQ(model.SoldIn(0, 1), 0u);
  EXPECT_EQ(model.SoldIn(1, 2), kNone);

  UserContext context;
  context.context = 1;
  const Profile profile(context, 4);
  Reason reason;
  model.Explain(profile, 1, reason);
  EXPECT_EQ(reason.kind, ReasonKind::kPopularInContext);
  EXPECT_EQ(reason.context, 1u);
  model.Explain(profile, 2, reason);
  EXPECT_EQ(reason.kind, ReasonKind::kPopular);
}

TEST(PopularityTest, NominatesPastFilteredItems) {
  std::vector<std::vector<std::vector<ItemId>>> users;
  for (ItemId item = 0; item < 300; ++item) users.push_back({{item}});
  const Popularity model = Popularity::Train(MakeBaskets(300, users), {}, {});
  std::vector<uint64_t> allowed(5, 0);
  allowed[299 / 64] |= uint64_t{1} << (299 % 64);
  Table table(model, UserContext(), 300, 10, {.allowed = allowed});
  EXPECT_THAT(table.candidates.items(), ElementsAre(299));
}

TEST(NeighboursTest, WeighsTheNearestByHand) {
  // The person bought 0 and 1 (rate 1 each). User 0 has {0, 1, 2}: cosine 2/sqrt(6). User 1 has {0, 3}: 1/2. User 2
  // shares nothing.
  const Baskets baskets = MakeBaskets(6, {{{0, 1, 2}}, {{0, 3}}, {{4}}});
  const std::vector<uint64_t> persons = {11, 12, 13};
  const Neighbours model = Neighbours::Train(baskets, persons, {});
  EXPECT_EQ(model.users(), 3u);
  OwnedContext owned({{0, 1}});
  const double a = std::pow(2 / std::sqrt(6.0), 3), b = std::pow(.5, 3);
  {
    Table table(model, owned.context, 6, 10);
    EXPECT_THAT(table.candidates.items(), UnorderedElementsAre(0, 1, 2, 3));
    EXPECT_NEAR(table.Value(0, 0), 1, 1e-6);
    EXPECT_NEAR(table.Value(2, 0), a / (a + b), 1e-6);
    EXPECT_NEAR(table.Value(3, 0), b / (a + b), 1e-6);
  }
  owned.context.person = 11;  // their own row does not count
  Table table(model, owned.context, 6, 10);
  EXPECT_THAT(table.candidates.items(), UnorderedElementsAre(0, 3));
  EXPECT_NEAR(table.Value(3, 0), 1, 1e-6);
}

TEST(NeighboursTest, APersonLeftOutTellsNothing) {
  const Baskets baskets = MakeBaskets(6, {{{0, 1, 2}}, {{0, 1, 3}}, {{4, 5}}});
  const std::vector<uint64_t> persons = {11, 12, 13};
  const Neighbours model = Neighbours::Train(baskets, persons, {});
  EXPECT_EQ(model.Without({99}), nullptr);
  const auto without = model.Without({12});
  ASSERT_NE(without, nullptr);
  const OwnedContext owned({{0, 1}});
  Table before(model, owned.context, 6, 10), after(*without, owned.context, 6, 10);
  EXPECT_FLOAT_EQ(before.Value(3, 0), 0.5F);
  EXPECT_EQ(after.Value(3, 0), -1);
  EXPECT_FLOAT_EQ(after.Value(2, 0), 1);  // of the one who is left

  base::ByteWriter bytes;
  without->Save(bytes);
  const uint64_t gone = 12;
  EXPECT_EQ(bytes.bytes().find(std::string(reinterpret_cast<const char*>(&gone), sizeof(gone))), std::string::npos);
  base::ByteReader in(bytes.bytes());
  Neighbours::Load(in, 6);
  EXPECT_TRUE(in.status().ok() && in.AtEnd()) << in.status();
}

TEST(NeighboursTest, TellsOnlyRecentBasketsAndKeepsItsCaps) {
  const Baskets baskets = MakeBaskets(6, {{{0, 1}, {0, 2}}, {{0, 3}}, {{0, 4}}});
  const std::vector<uint64_t> persons = {1, 2, 3};
  const OwnedContext owned({{0}}, {});
  Table recent(Neighbours::Train(baskets, persons, {.recent_baskets = 1}), owned.context, 6, 10);
  EXPECT_THAT(recent.candidates.items(), UnorderedElementsAre(0, 2, 3, 4));
  Table few(Neighbours::Train(baskets, persons, {.max_users = 1}), owned.context, 6, 10);
  EXPECT_THAT(few.candidates.items(), UnorderedElementsAre(0, 1, 2)) << "the newest customer only";
  Table one(Neighbours::Train(baskets, persons, {.neighbours = 1}), owned.context, 6, 10);
  EXPECT_THAT(one.candidates.items(), UnorderedElementsAre(0, 1, 2)) << "the nearest: cosine .82, the others .71";
}

TEST(CandidatesTest, FiltersCombine) {
  const OwnedContext owned({{1, 2, 3}});
  const Profile profile(owned.context, 8);
  const std::vector<ItemId> excluded = {2, 99};
  const std::vector<uint64_t> allowed = {0b1101'0111};
  const auto answer = [&](BoughtItems bought) {
    Candidates candidates;
    candidates.Reset(8, 0, {bought, excluded, allowed}, profile);
    std::vector<ItemId> items;
    for (ItemId item = 0; item < 12; ++item) {
      if (candidates.Allowed(item)) items.push_back(item);
    }
    std::vector<ItemId> by_words;
    for (ItemId item = 0; item < 64; ++item) {
      if ((candidates.AllowedWords()[0] >> item & 1) != 0) by_words.push_back(item);
    }
    EXPECT_EQ(by_words, items);
    return items;
  };
  EXPECT_THAT(answer(BoughtItems::kInclude), ElementsAre(0, 1, 4, 6, 7));
  EXPECT_THAT(answer(BoughtItems::kExclude), ElementsAre(0, 4, 6, 7));
  EXPECT_THAT(answer(BoughtItems::kOnly), ElementsAre(1));
  Candidates plain;
  plain.Reset(8, 0, {BoughtItems::kExclude, excluded}, profile);
  EXPECT_THAT(plain.AllowedWords(), ElementsAre(0b1111'0001)) << "items 1 and 3 were bought, 2 is excluded";
}

}  // namespace
}  // namespace kontor::recommendations
