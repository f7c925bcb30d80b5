#include "services/forecasting/past.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/testing/status_matchers.h"
#include "services/forecasting/test_records.h"

namespace kontor::forecasting {
namespace {

using kontor::testing::StatusIs;

constexpr absl::int128 kOne = 1'000'000'000;

DailySales EveryDay(int from, int to, int64_t units) {
  DailySales sales;
  for (int day = from; day <= to; ++day) sales[Day(day)] = {units * kOne, 2 * units * kOne};
  return sales;
}

PastQuestion By(v1::Grain grain, int until, v1::Measure measure = v1::MEASURE_UNITS) {
  PastQuestion question;
  question.grain = grain;
  question.measure = measure;
  question.currency = "EUR";
  question.until = Day(until);
  return question;
}

TEST(Calendar, StepsAreDaysIsoWeeksAndMonths) {
  EXPECT_EQ(StepOf(kEpoch, v1::GRAIN_DAY), 0);
  EXPECT_EQ(StepOf(absl::CivilDay(1969, 12, 28), v1::GRAIN_WEEK), -1);
  for (const v1::Grain grain : {v1::GRAIN_DAY, v1::GRAIN_WEEK, v1::GRAIN_MONTH}) {
    for (int n = -800; n < 20'000; n += 13) {
      const absl::CivilDay day = kEpoch + n;
      const int64_t step = StepOf(day, grain);
      EXPECT_LE(FirstDay(step, grain), day);
      EXPECT_GE(LastDay(step, grain), day);
      EXPECT_EQ(StepOf(FirstDay(step, grain), grain), step);
    }
  }
  EXPECT_EQ(absl::GetWeekday(FirstDay(StepOf(Day(3), v1::GRAIN_WEEK), v1::GRAIN_WEEK)), absl::Weekday::monday);
  EXPECT_EQ(LastWholeStep(Day(6), v1::GRAIN_WEEK), StepOf(Day(0), v1::GRAIN_WEEK));
  EXPECT_EQ(LastWholeStep(Day(5), v1::GRAIN_WEEK), StepOf(Day(0), v1::GRAIN_WEEK) - 1);
}

TEST(Past, DaysWithoutASaleAreZerosAndSumsAreExact) {
  DailySales sales = EveryDay(0, 20, 4);
  sales.erase(Day(7));
  KONTOR_ASSERT_OK_AND_ASSIGN(const Past past, BuildPast(sales, {}, By(v1::GRAIN_DAY, 22)));
  ASSERT_EQ(past.sold.size(), 23u);
  EXPECT_EQ(past.sold[7], 0);
  EXPECT_EQ(past.sold[22], 0);
  EXPECT_EQ(past.next_step(), StepOf(Day(23), v1::GRAIN_DAY));
  KONTOR_ASSERT_OK_AND_ASSIGN(const Past revenue, BuildPast(sales, {}, By(v1::GRAIN_DAY, 22, v1::MEASURE_REVENUE)));
  EXPECT_EQ(revenue.sold[0], 8 * kOne);
}

TEST(Past, OnlyWholeWeeksCount) {
  KONTOR_ASSERT_OK_AND_ASSIGN(const Past past, BuildPast(EveryDay(2, 45, 1), {}, By(v1::GRAIN_WEEK, 45)));
  EXPECT_EQ(FirstDay(past.first_step, v1::GRAIN_WEEK), Day(7));
  ASSERT_EQ(past.sold.size(), 5u);
  for (const absl::int128 week : past.sold) EXPECT_EQ(week, 7 * kOne);
  EXPECT_THAT(BuildPast(EveryDay(2, 4, 1), {}, By(v1::GRAIN_WEEK, 4)),
              StatusIs(absl::StatusCode::kFailedPrecondition, "HISTORY_TOO_SHORT"));
  EXPECT_THAT(BuildPast({}, {}, By(v1::GRAIN_DAY, 4)), StatusIs(absl::StatusCode::kNotFound, "SERIES_UNKNOWN"));
}

TEST(Past, ABulkOrderIsReadAsTheMostThatIsOrdinary) {
  DailySales sales = EveryDay(0, 60, 10);
  sales[Day(59)] = {80'000 * kOne, 1};
  PastQuestion question = By(v1::GRAIN_DAY, 60);
  question.product = true;
  question.bulk_units = 30;
  KONTOR_ASSERT_OK_AND_ASSIGN(const Past past, BuildPast(sales, {}, question));
  EXPECT_EQ(past.sold[59], 80'000 * kOne);
  EXPECT_EQ(past.cleaned[59], 50);  // five times what is ordinary
  ASSERT_EQ(past.changes.size(), 1u);
  EXPECT_EQ(past.changes[0].kind, v1::SeriesChange::KIND_OUTLIER);
  KONTOR_ASSERT_OK_AND_ASSIGN(const Past first, BuildPast({{Day(60), {80'000 * kOne, 1}}}, {}, question));
  EXPECT_EQ(first.cleaned[0], 30);
  question.product = false;  // several products: as the season tells
  for (auto& [day, sold] : sales) sold.units += (day - Day(0)) % 3 * kOne;
  KONTOR_ASSERT_OK_AND_ASSIGN(const Past all, BuildPast(sales, {}, question));
  EXPECT_NEAR(all.cleaned[59], 11, 2);
  question.explained = {Day(3), Day(59)};  // a promotion or a fair
  KONTOR_ASSERT_OK_AND_ASSIGN(const Past explained, BuildPast(sales, {}, question));
  EXPECT_GE(explained.cleaned[59], 80'000);
}

TEST(Past, DemandHiddenByStockOutsIsEstimatedAndTold) {
  DailySales sales = EveryDay(0, 60, 10);
  for (int day = 30; day < 35; ++day) sales.erase(Day(day));
  std::vector<absl::CivilDay> out;
  for (int day = 30; day < 35; ++day) out.push_back(Day(day));
  KONTOR_ASSERT_OK_AND_ASSIGN(const Past past, BuildPast(sales, out, By(v1::GRAIN_DAY, 60)));
  EXPECT_EQ(past.sold[32], 0);
  EXPECT_NEAR(past.cleaned[32], 10, 1.5);
  int told = 0;
  for (const PastChange& change : past.changes) told += change.kind == v1::SeriesChange::KIND_STOCKED_OUT ? 1 : 0;
  EXPECT_EQ(told, 5);
  KONTOR_ASSERT_OK_AND_ASSIGN(const Past without, BuildPast(sales, {}, By(v1::GRAIN_DAY, 60)));
  EXPECT_EQ(without.cleaned[32], 0);
}

}  // namespace
}  // namespace kontor::forecasting
