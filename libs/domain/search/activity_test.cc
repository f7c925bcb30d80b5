#include "libs/domain/search/activity.h"

#include <algorithm>
#include <functional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/random.h"
#include "libs/testing/seed.h"
#include "libs/testing/status_matchers.h"

namespace kontor::search {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::Pair;

constexpr int64_t kDay = 86'400'000'000;

TEST(Activity, ExperimentsAreCountedBySideAndInterleavedOnesByWhoseResultsAreClicked) {
  Activity activity;
  using Side = Exposure::Side;
  activity.Searched("drill", "drill", 3, 1, 10 * kDay, {"x", Side::kBaseline});
  activity.Searched("drill", "drill", 0, 2, 10 * kDay, {"x", Side::kCandidate});
  activity.Touched(Activity::Touch::kClick, "A", 1, 2, 10 * kDay);
  activity.Bought("A", 5'000'000'000, "EUR", 1, 10 * kDay);
  // Places 1 and 3 are the baseline's, 2 and 4 the candidate's.
  activity.Searched("drill", "drill", 4, 3, 10 * kDay, {"x", Side::kBoth, 0b1010, {"A", "B", "C", "D"}});
  const auto day = [&] { return activity.experiments().at("x").at(10); };
  EXPECT_EQ(day().baseline.searches, 1);
  EXPECT_EQ(day().baseline.clicked_searches, 1);
  EXPECT_DOUBLE_EQ(day().baseline.reciprocal_ranks, .5);
  EXPECT_EQ(day().baseline.revenue_nanos.at("EUR"), 5'000'000'000);
  EXPECT_EQ(day().candidate.searches, 1);
  EXPECT_EQ(day().candidate.without_results, 1);
  EXPECT_EQ(day().candidate.clicks, 0);
  const auto wins = [&] { return std::vector<int64_t>{day().baseline_wins, day().candidate_wins, day().ties}; };
  EXPECT_THAT(wins(), ElementsAre(0, 0, 0));  // nothing is clicked yet
  const auto click = [](Activity& on, const char* product) {
    on.Touched(Activity::Touch::kClick, product, 3, 1, 10 * kDay);
  };
  click(activity, "B");
  EXPECT_THAT(wins(), ElementsAre(0, 1, 0));
  click(activity, "B");  // again
  click(activity, "Z");  // was not shown
  click(activity, "A");
  EXPECT_THAT(wins(), ElementsAre(0, 0, 1));
  base::ByteWriter out;
  activity.Save(out);
  Activity loaded;
  base::ByteReader in(out.bytes());
  KONTOR_ASSERT_OK(loaded.Load(in));
  click(loaded, "C");
  EXPECT_EQ(loaded.experiments().at("x").at(10).baseline_wins, 1);
  EXPECT_EQ(loaded.experiments().at("x").at(10).baseline.searches, 1);
  EXPECT_EQ(loaded.queries().at("drill").days.at(10).searches, 3);
}

TEST(Activity, WhatBecameOfSearchesIsCountedByDay) {
  Activity activity;
  activity.Searched("drill", "Drill", 3, 1, 10 * kDay);
  activity.Searched("drill", "drill", 3, 2, 10 * kDay + 5);
  activity.Searched("dril", "dril", 0, 0, 11 * kDay);
  activity.Touched(Activity::Touch::kClick, "A", 1, 4, 10 * kDay + 9);
  activity.Touched(Activity::Touch::kClick, "B", 1, 2, 10 * kDay + 9);  // the better place counts
  activity.Touched(Activity::Touch::kClick, "C", 1, 3, 10 * kDay + 9);
  activity.Touched(Activity::Touch::kCart, "B", 1, 0, 10 * kDay + 9);
  activity.Bought("B", 5'000'000'000, "EUR", 1, 10 * kDay + 20);
  activity.Bought("B", 7'000'000'000, "EUR", 99, 10 * kDay + 20);  // of an answer that nobody knows

  const SearchCounts& counts = activity.queries().at("drill").days.at(10);
  EXPECT_EQ(counts.searches, 2);
  EXPECT_EQ(counts.clicked_searches, 1);
  EXPECT_EQ(counts.clicks, 3);
  EXPECT_DOUBLE_EQ(counts.reciprocal_ranks, 0.5);
  EXPECT_EQ(counts.cart_searches, 1);
  EXPECT_EQ(counts.bought_searches, 1);
  EXPECT_EQ(counts.revenue_nanos.at("EUR"), 5'000'000'000);
  EXPECT_EQ(activity.queries().at("dril").days.at(11).without_results, 1);
  EXPECT_EQ(activity.queries().at("drill").text, "Drill");
  EXPECT_THAT(activity.TakeChanged(), ElementsAre("A", "B", "C"));
  EXPECT_THAT(activity.TakeChanged(), ElementsAre());
}

TEST(Activity, PopularityFadesByHalfInThirtyDaysWhateverCameFirst) {
  Activity ordered, late;
  ordered.Touched(Activity::Touch::kView, "A", 0, 0, 0);
  ordered.Touched(Activity::Touch::kCart, "A", 0, 0, 30 * kDay);
  late.Touched(Activity::Touch::kCart, "A", 0, 0, 30 * kDay);
  late.Touched(Activity::Touch::kView, "A", 0, 0, 0);
  EXPECT_THAT(ordered.Popularity("A", 30 * kDay), DoubleNear(5.5, 1e-9));
  EXPECT_THAT(late.Popularity("A", 30 * kDay), DoubleNear(5.5, 1e-9));
  EXPECT_THAT(ordered.Popularity("A", 60 * kDay), DoubleNear(2.75, 1e-9));
  EXPECT_EQ(ordered.Popularity("B", 0), 0);
  std::map<std::string, double> all;
  ordered.ForEachPopularity(60 * kDay,
                            [&](const std::string& product, double popularity) { all[product] = popularity; });
  EXPECT_THAT(all, ElementsAre(Pair("A", DoubleNear(2.75, 1e-9))));
}

TEST(Activity, BytesBringItBackAndOthersAreRefused) {
  base::Random random(kontor::testing::Seed());
  Activity activity;
  for (int i = 0; i < 500; ++i) {
    const auto answer = static_cast<uint64_t>(i + 1);
    activity.Searched("q" + std::to_string(random.Below(20)), "Q", static_cast<int64_t>(random.Below(3)), answer,
                      static_cast<int64_t>(random.Below(40)) * kDay);
    activity.Touched(static_cast<Activity::Touch>(random.Below(4)), "p" + std::to_string(random.Below(80)),
                     1 + random.Below(answer), static_cast<int>(random.Below(5)), 40 * kDay);
  }
  base::ByteWriter out;
  activity.Save(out);
  base::ByteReader in(out.bytes());
  Activity loaded;
  KONTOR_ASSERT_OK(loaded.Load(in));
  EXPECT_TRUE(in.AtEnd());
  for (int p = 0; p < 80; ++p) {
    const std::string product = "p" + std::to_string(p);
    EXPECT_EQ(loaded.Popularity(product, 50 * kDay), activity.Popularity(product, 50 * kDay));
  }
  ASSERT_EQ(loaded.queries().size(), activity.queries().size());
  for (const auto& [form, query] : activity.queries()) {
    EXPECT_EQ(loaded.queries().at(form).products, query.products);
    EXPECT_EQ(loaded.queries().at(form).days.size(), query.days.size());
  }
  for (size_t size = 0; size < out.bytes().size(); size += 97) {
    base::ByteReader cut(absl::string_view(out.bytes()).substr(0, size));
    EXPECT_FALSE(Activity().Load(cut).ok());
  }
}

}  // namespace
}  // namespace kontor::search
