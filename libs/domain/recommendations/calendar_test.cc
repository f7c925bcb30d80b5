#include "libs/domain/recommendations/calendar.h"

#include <gtest/gtest.h>

#include <cmath>

#include "libs/domain/recommendations/repurchase_clock.h"
#include "libs/domain/recommendations/test_shop.h"

namespace kontor::recommendations {
namespace {

constexpr int64_t kDay = 86400;
constexpr int64_t kJuly = 1'310'731'200;      // 2011-07-15 12:00 UTC, a Friday
constexpr int64_t kDecember = 1'323'518'400;  // 2011-12-10 12:00 UTC, a Saturday

TEST(CalendarTest, LiftsByHand) {
  Baskets baskets(3);
  for (int i = 0; i < 30; ++i) baskets.AddBasket(kJuly, kNone, {0, 1});
  for (int i = 0; i < 30; ++i) baskets.AddBasket(kDecember, kNone, {1});
  baskets.EndUser();
  const Calendar calendar = Calendar::Train(baskets);
  // Item 0: 30 of 30 in July, which has half of all: (30 + 25) / (30 + 50) / .5.
  EXPECT_NEAR(calendar.Lift(0, Calendar::kSeason, kJuly), 55 / 80.0 / .5, 1.0 / 64);
  EXPECT_NEAR(calendar.Lift(0, Calendar::kSeason, kDecember), 25 / 80.0 / .5, 1.0 / 64);
  EXPECT_NEAR(calendar.Lift(0, Calendar::kWeekday, kJuly + 7 * kDay), 55 / 80.0 / .5, 1.0 / 64);
  EXPECT_NEAR(calendar.Lift(0, Calendar::kDayPart, kDecember), 1, 1.0 / 64) << "always at noon";
  EXPECT_NEAR(calendar.Lift(1, Calendar::kSeason, kJuly), 1, 1.0 / 64);
  EXPECT_EQ(calendar.Lift(2, Calendar::kSeason, kJuly), 1) << "never sold";
  EXPECT_EQ(calendar.Lift(0, Calendar::kSeason, 0), 1) << "no time is given";
  EXPECT_EQ(calendar.Lift(7, Calendar::kSeason, kJuly), 1) << "unknown";
}

TEST(CalendarTest, MonthsOfEveryDayOfFourYears) {
  // A product that sells on the first of every month only: its month's lift is the same on each day of that month.
  Baskets baskets(2);
  constexpr int kLengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  int64_t day = 14'610;  // 2010-01-01
  for (int year = 0; year < 4; ++year) {
    for (int month = 0; month < 12; ++month) {
      const int length = kLengths[month] + (month == 1 && year == 2 ? 1 : 0);
      for (int d = 0; d < length; ++d) baskets.AddBasket(kDay * day++, kNone, {month == 1 ? ItemId{0} : ItemId{1}});
    }
  }
  baskets.EndUser();
  const Calendar calendar = Calendar::Train(baskets);
  day = 14'610;
  for (int year = 0; year < 4; ++year) {
    for (int month = 0; month < 12; ++month) {
      const int length = kLengths[month] + (month == 1 && year == 2 ? 1 : 0);
      for (int d = 0; d < length; ++d, ++day) {
        EXPECT_EQ(calendar.Lift(0, Calendar::kSeason, kDay * day) > 1, month == 1) << year << " " << month << " " << d;
      }
    }
  }
}

ProfileItem Bought(ItemId item, int count, int64_t first_day, int64_t last_day) {
  return {item, 0, count, false, kDay * first_day, kDay * last_day};
}

TEST(RepurchaseClockTest, IntervalsAreDrawnToTheLevelAbove) {
  // Item 0 of category 0 every 10 days, three intervals by one person; item 1 of the same category has none.
  Baskets baskets(3);
  for (int64_t day : {100, 110, 120, 130}) baskets.AddBasket(kDay * day, kNone, {0});
  baskets.EndUser();
  const std::vector<uint32_t> categories = {0, 0, 1};
  const RepurchaseClock clock = RepurchaseClock::Train(baskets, categories, {.shrink = 2});
  const double shop = (3 * std::log(10.0) + std::log(30.0)) / 4;
  const double category = (3 * std::log(10.0) + 2 * shop) / 5;
  const double item = (3 * std::log(10.0) + 2 * category) / 5;
  EXPECT_NEAR(clock.ExpectedDays(Bought(0, 1, 0, 0)), std::exp(item), 1e-4);
  EXPECT_NEAR(clock.ExpectedDays(Bought(1, 1, 0, 0)), std::exp(category), 1e-4);
  EXPECT_NEAR(clock.ExpectedDays(Bought(2, 1, 0, 0)), std::exp(shop), 1e-4);
  // Five purchases 40 days apart on average draw the person's own expectation up.
  EXPECT_NEAR(clock.ExpectedDays(Bought(0, 5, 0, 160)), std::exp((4 * std::log(40.0) + 2 * item) / 6), 1e-3);
}

TEST(RepurchaseClockTest, WhatIsDueRisesAndFalls) {
  base::Random random(5);
  Baskets baskets(1);
  for (int user = 0; user < 200; ++user) {
    double day = 0;
    for (int i = 0; i < 6; ++i) {
      day += 20 * std::exp(0.3 * (random.Uniform() + random.Uniform() + random.Uniform() - 1.5));
      baskets.AddBasket(static_cast<int64_t>(kDay * day), kNone, {0});
    }
    baskets.EndUser();
  }
  const RepurchaseClock clock = RepurchaseClock::Train(baskets, {}, {});
  const ProfileItem bought = Bought(0, 1, 100, 100);
  EXPECT_NEAR(clock.ExpectedDays(bought), 20, 0.5);
  EXPECT_EQ(clock.Due(bought, kDay * 100), 0);
  EXPECT_LT(clock.Due(bought, kDay * 105), 0.1 * clock.Due(bought, kDay * 120));
  EXPECT_GT(clock.Due(bought, kDay * 120), 1) << "expected within a month";
  EXPECT_EQ(clock.Due(bought, kDay * 100'000), 0) << "long forgotten";

  Reason reason;
  UserContext context;
  const ItemId items[] = {0};
  const PastBasket past[] = {{kDay * 100, items}};
  context.baskets = past;
  for (const auto& [now, kind] : {std::pair<int64_t, ReasonKind>{105, ReasonKind::kBoughtBefore},
                                  std::pair<int64_t, ReasonKind>{118, ReasonKind::kDueAgain}}) {
    context.now_seconds = kDay * now;
    reason.kind = ReasonKind::kDueAgain;
    clock.Explain(Profile(context, 1), 0, reason);
    EXPECT_EQ(reason.kind, kind) << now;
    EXPECT_EQ(reason.count, 1);
  }
}

}  // namespace
}  // namespace kontor::recommendations
