#include "libs/domain/recommendations/visits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "libs/domain/recommendations/model_io.h"
#include "libs/domain/recommendations/test_shop.h"

namespace kontor::recommendations {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr StepKind kLook = StepKind::kViewed, kCart = StepKind::kCarted, kUncart = StepKind::kUncarted;

std::vector<ItemId> ItemsOf(const std::vector<Seed>& seeds) {
  std::vector<ItemId> items;
  for (const Seed& seed : seeds) items.push_back(seed.item);
  return items;
}

Visits VisitsOf(uint32_t user, std::vector<VisitStep> steps) {
  Visits visits;
  visits.Add(user, steps);
  return visits;
}

TEST(VisitsTest, ThirtyMinutesOfSilenceBeginANewVisit) {
  const Visits visits = VisitsOf(7, {{0, 1}, {1'800, 2}, {3'601, 3}});
  ASSERT_EQ(visits.size(), 2u);
  EXPECT_THAT(visits.Of(0), SizeIs(2));
  EXPECT_THAT(visits.Of(1), SizeIs(1));
  EXPECT_EQ(visits.UserOf(1), 7u);
  Visits none;
  none.Add(1, {});
  EXPECT_EQ(none.size(), 0u);
}

TEST(VisitsTest, SessionsStandInTheOrderOfTheirLastSteps) {
  Visits visits;
  visits.Add(kNone, {{500, 1, kLook}, {510, 1, kCart}, {520, 2, kLook}, {530, 9, kLook}, {540, 1, kUncart}});
  visits.Add(kNone, {{100, 3, kLook}, {110, 4, kLook}, {120, 3, kLook}});
  visits.Add(kNone, {{200, 4, kLook}, {210, 4, kCart}});  // one item alone teaches nothing
  const Sessions sessions = SessionsOf(visits, 5);
  ASSERT_EQ(sessions.size(), 2u);
  EXPECT_THAT(sessions.Of(0), ElementsAre(3, 4, 3));
  EXPECT_THAT(sessions.Of(1), ElementsAre(1, 2));
}

TEST(VisitsTest, ASessionIsTheCartThenLooksNewestFirst) {
  const std::vector<Seed> seeds = SeedsOf(
      {{1, 1, kLook}, {2, 2, kCart}, {3, 3, kLook}, {4, 4, kCart}, {5, 4, kUncart}, {6, 1, kLook}, {7, 2, kLook}});
  ASSERT_THAT(ItemsOf(seeds), ElementsAre(2, 1, 3));
  EXPECT_FLOAT_EQ(seeds[0].weight, 0.9F);
  EXPECT_FLOAT_EQ(seeds[1].weight, 0.5F * 0.85F);  // the look at 2 came after it
  EXPECT_FLOAT_EQ(seeds[2].weight, 0.5F * 0.85F * 0.85F);
}

TEST(VisitsTest, AnExampleGetsWhatLedToItAndNothingLater) {
  Visits visits;
  visits.Add(0, {{100, 1, kLook}, {5'000, 2, kLook}, {5'100, 3, kLook}, {5'200, 4, kLook}});
  visits.Add(0, {{5'150, 5, kLook}});  // another device
  visits.Add(1, {{5'000, 6, kLook}});
  std::vector<Example> examples(1);
  examples[0].time_seconds = 5'200;
  examples[0].target = {4};
  GiveSessions(visits, absl::MakeSpan(examples));
  EXPECT_THAT(ItemsOf(examples[0].session), ElementsAre(5, 3, 2));
  examples[0].time_seconds = 5'200 + 1'801;
  GiveSessions(visits, absl::MakeSpan(examples));
  EXPECT_THAT(examples[0].session, IsEmpty());
}

TEST(VisitsTest, AnExampleIsAskedForBeforeItsBasketFillsTheCart) {
  const Visits visits = VisitsOf(0, {{10, 1, kLook}, {20, 7, kCart}, {30, 1, kCart}, {40, 2, kLook}, {50, 2, kCart}});
  std::vector<Example> examples(1);
  examples[0].time_seconds = 60;
  examples[0].target = {1, 2};
  GiveSessions(visits, absl::MakeSpan(examples));
  EXPECT_THAT(ItemsOf(examples[0].session), ElementsAre(7, 1));
}

TEST(VisitsTest, WhatLedToAHeldOutBasketIsNotLearned) {
  Visits visits;
  visits.Add(0, {{100, 1}, {200, 2}});
  visits.Add(0, {{8'300, 3}, {8'400, 4}});  // 1,600 s before the order
  visits.Add(0, {{20'000, 5}, {20'100, 6}});
  visits.Add(1, {{8'300, 7}, {8'400, 8}});
  std::vector<Example> examples(1);
  examples[0].time_seconds = 10'000;
  const Sessions kept = SessionsOf(WithoutHeldOut(visits, examples), 10);
  ASSERT_EQ(kept.size(), 2u);
  EXPECT_THAT(kept.Of(0), ElementsAre(1, 2));
  EXPECT_THAT(kept.Of(1), ElementsAre(7, 8));
}

// Everybody buys a product at random, having looked at the two before it a minute earlier.
struct Browsing {
  TestShop shop;
  Visits visits;
};

Browsing MakeBrowsing(uint32_t customers, uint32_t products, bool after_the_order) {
  base::Random random(11);
  Browsing out;
  for (uint32_t item = 0; item < products; ++item) {
    out.shop.catalogue.products.Intern(absl::StrCat("p", item));
    out.shop.catalogue.product_categories.push_back(kNone);
  }
  history::HistoryBuilder builder;
  for (uint32_t user = 0; user < customers; ++user) {
    out.shop.persons.push_back(user + 1);
    for (uint32_t visit = 0; visit < 3; ++visit) {
      const auto item = static_cast<ItemId>(random.Below(products));
      const int64_t time = 86'400 * (visit + 1) + user * 10;
      builder.Add({.user = user, .item = item, .basket = 3 * user + visit, .time_seconds = time, .context = kNone});
      const int64_t looked = after_the_order ? time + 60 : time - 60;
      const auto back = [&](uint32_t steps) { return (item + products - steps) % products; };
      out.visits.Add(user, {{looked, back(2), kLook}, {looked + 20, back(1), kLook}, {looked + 40, item, kLook}});
    }
  }
  out.shop.history = std::move(builder).Build();
  return out;
}

std::vector<std::string> SourcesOf(const Model& model) {
  std::vector<std::string> names;
  for (const auto& source : model.sources()) names.emplace_back(source->name());
  return names;
}

TEST(VisitsTest, ModelsLearnFromSessionsAndWhatTheyAreWorth) {
  const Browsing browsing = MakeBrowsing(200, 120, false);
  const TestShop& shop = browsing.shop;
  const TrainOptions options{.min_sessions = 100};
  const auto with = TrainModel(shop.history, shop.catalogue, shop.persons, options, browsing.visits);
  const auto without = TrainModel(shop.history, shop.catalogue, shop.persons, options);
  ASSERT_TRUE(with.ok() && without.ok());
  EXPECT_THAT(SourcesOf(**with), ::testing::Contains("session_knn"));
  EXPECT_THAT(SourcesOf(**without), ::testing::Not(::testing::Contains("session_knn")));
  EXPECT_GT((*with)->metrics.recall_at_10, 0.5);
  EXPECT_LT((*without)->metrics.recall_at_10, 0.3);

  const auto loaded = LoadModel(SaveModel(**with));
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_THAT(SourcesOf(**loaded), ::testing::Contains("session_knn"));
}

TEST(VisitsTest, LooksAfterTheOrderTellNothingAboutIt) {
  const Browsing browsing = MakeBrowsing(200, 120, true);
  const TestShop& shop = browsing.shop;
  const auto model = TrainModel(shop.history, shop.catalogue, shop.persons, {.min_sessions = 100}, browsing.visits);
  ASSERT_TRUE(model.ok());
  EXPECT_LT((*model)->metrics.recall_at_10, 0.3);
}

TEST(VisitsTest, FewSessionsMakeNoSource) {
  const Browsing browsing = MakeBrowsing(60, 40, false);
  const TestShop& shop = browsing.shop;
  const auto model = TrainModel(shop.history, shop.catalogue, shop.persons, {}, browsing.visits);
  ASSERT_TRUE(model.ok());
  EXPECT_THAT(SourcesOf(**model), ::testing::Not(::testing::Contains("session_knn")));
}

}  // namespace
}  // namespace kontor::recommendations
