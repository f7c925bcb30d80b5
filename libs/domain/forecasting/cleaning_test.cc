#include "libs/domain/forecasting/cleaning.h"

#include <cmath>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/random.h"
#include "libs/domain/forecasting/censored_demand.h"
#include "libs/testing/status_matchers.h"

namespace kontor::forecasting {
namespace {

using kontor::testing::StatusIs;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

// Level × a week whose first day sells 0.4 of the mean and whose last 2.2; no noise.
double Week(int64_t step, double level) {
  constexpr double kWeek[] = {0.4, 0.6, 0.8, 0.9, 1, 1.1, 2.2};
  return level * kWeek[step % 7];
}

std::vector<Observation> Weeks(int days, double level) {
  std::vector<Observation> result;
  for (int64_t t = 0; t < days; ++t) result.push_back({t, Week(t, level)});
  return result;
}

TEST(Clean, MissingDaysTakeTheirPlaceInTheWeek) {
  std::vector<Observation> days = Weeks(70, 100);
  days.erase(days.begin() + 34);  // the 7th day of a week
  days.erase(days.begin() + 21);  // the 1st
  CleaningOptions options;
  options.season = 7;
  options.missing = MissingSteps::kInterpolate;
  KONTOR_ASSERT_OK_AND_ASSIGN(const CleanSeries found, CleanObservations(days, options));
  ASSERT_THAT(found.values, SizeIs(70));
  EXPECT_NEAR(found.values[34], 220, 1e-9);
  EXPECT_NEAR(found.values[21], 40, 1e-9);
  ASSERT_THAT(found.changes, SizeIs(2));
  EXPECT_EQ(found.changes[0].kind, CleaningKind::kFilled);
  EXPECT_EQ(found.changes[0].step, 21);
  EXPECT_EQ(found.changes[1].after, found.values[34]);
  options.missing = MissingSteps::kZero;
  KONTOR_ASSERT_OK_AND_ASSIGN(const CleanSeries zero, CleanObservations(days, options));
  EXPECT_EQ(zero.values[34], 0);
  EXPECT_THAT(zero.changes, IsEmpty());
}

TEST(Clean, DuplicatesAreSummedAndTold) {
  const std::vector<Observation> days = {{12, 1}, {10, 5}, {11, 2}, {10, 3}, {10, 1}};
  KONTOR_ASSERT_OK_AND_ASSIGN(const CleanSeries found, CleanObservations(days, {}));
  EXPECT_EQ(found.first_step, 10);
  EXPECT_THAT(found.values, ElementsAre(9, 2, 1));
  ASSERT_THAT(found.changes, SizeIs(1));
  EXPECT_EQ(found.changes[0].kind, CleaningKind::kMerged);
  EXPECT_EQ(found.changes[0].after, 9);
}

TEST(Clean, OutliersAndAnomaliesAreEstimatedAnew) {
  base::Random random(4);
  std::vector<Observation> days = Weeks(140, 100);
  for (Observation& day : days) day.value *= 1 + 0.05 * random.Normal();
  days[75].value = 900;
  days[100].value = 0;
  CleaningOptions options;
  options.season = 7;
  options.replace_outliers = true;
  options.outlier_threshold = 6;
  options.anomalies = {20, 5000};
  KONTOR_ASSERT_OK_AND_ASSIGN(const CleanSeries found, CleanObservations(days, options));
  ASSERT_THAT(found.changes, SizeIs(3));
  EXPECT_EQ(found.changes[0].kind, CleaningKind::kAnomaly);
  EXPECT_EQ(found.changes[1].kind, CleaningKind::kOutlier);
  EXPECT_EQ(found.changes[1].step, 75);
  EXPECT_EQ(found.changes[1].before, 900);
  EXPECT_EQ(found.changes[2].step, 100);
  for (const int64_t t : {20, 75, 100}) EXPECT_NEAR(found.values[t], Week(t, 100), 0.12 * Week(t, 100)) << t;
}

TEST(Clean, LaunchAndEndAreFound) {
  std::vector<Observation> days;
  for (int64_t t = 0; t < 200; ++t) days.push_back({t, t >= 30 && t < 100 && t % 5 != 0 ? 3.0 : 0.0});
  KONTOR_ASSERT_OK_AND_ASSIGN(const CleanSeries found, CleanObservations(days, {}));
  EXPECT_EQ(found.trimmed, 31);
  EXPECT_EQ(found.first_step, 31);
  EXPECT_EQ(found.discontinued_on, 100);
  EXPECT_EQ(found.values.size(), 169u);
  // A pause that is no longer than pauses were is no end.
  std::vector<Observation> rare = {{0, 1}, {60, 2}, {200, 1}, {240, 0}};
  EXPECT_FALSE(CleanObservations(rare, {})->discontinued_on.has_value());
}

TEST(Clean, NothingSoldStaysNothing) {
  const std::vector<Observation> none = {{0, 0}, {50, 0}};
  KONTOR_ASSERT_OK_AND_ASSIGN(const CleanSeries found, CleanObservations(none, {}));
  EXPECT_THAT(found.values, SizeIs(51));
  EXPECT_THAT(found.values, Each(0));
  EXPECT_FALSE(found.discontinued_on.has_value());
  EXPECT_THAT(found.level_shifts, IsEmpty());
}

TEST(Clean, LevelShiftsAreToldWithTheirSizes) {
  base::Random random(6);
  std::vector<Observation> days = Weeks(210, 100);
  for (Observation& day : days) {
    day.value *= (day.step >= 120 ? 2 : 1) * (1 + 0.08 * random.Normal());
  }
  CleaningOptions options;
  options.season = 7;
  KONTOR_ASSERT_OK_AND_ASSIGN(const CleanSeries found, CleanObservations(days, options));
  ASSERT_THAT(found.level_shifts, SizeIs(1));
  EXPECT_NEAR(found.level_shifts[0].step, 120, 1);
  EXPECT_NEAR(found.level_shifts[0].after / found.level_shifts[0].before, 2, 0.2);
  EXPECT_THAT(found.changes, IsEmpty());
}

TEST(Clean, ATrendIsNoLevelShift) {
  base::Random random(7);
  std::vector<Observation> line, noisy;
  for (int64_t t = 0; t < 200; ++t) {
    line.push_back({t, 3.3 * static_cast<double>(t) + 1});
    noisy.push_back({t, 3.3 * static_cast<double>(t) + 100 + 5 * random.Normal()});
  }
  EXPECT_THAT(CleanObservations(line, {})->level_shifts, IsEmpty());
  EXPECT_THAT(CleanObservations(noisy, {})->level_shifts, IsEmpty());
}

TEST(Clean, ValuesBelowZeroHaveAnAdditiveSeason) {
  std::vector<Observation> days;
  for (int64_t t = 0; t < 40; ++t) days.push_back({t, t % 4 == 0 ? -10.0 : 2.0});
  days.erase(days.begin() + 20);
  CleaningOptions options;
  options.season = 4;
  options.missing = MissingSteps::kInterpolate;
  KONTOR_ASSERT_OK_AND_ASSIGN(const CleanSeries found, CleanObservations(days, options));
  EXPECT_NEAR(found.values[20], -10, 1e-9);
}

TEST(Clean, RefusesNonsense) {
  EXPECT_THAT(CleanObservations({}, {}), StatusIs(kInvalid));
  EXPECT_THAT(CleanObservations(std::vector<Observation>{{0, NAN}}, {}), StatusIs(kInvalid));
  EXPECT_THAT(CleanObservations(std::vector<Observation>{{0, 1}, {20'000'000, 1}}, {}), StatusIs(kInvalid));
  EXPECT_THAT(CleanObservations(std::vector<Observation>{{INT64_MIN, 1}, {INT64_MAX, 1}}, {}), StatusIs(kInvalid));
  CleaningOptions options;
  options.season = 0;
  EXPECT_THAT(CleanObservations(std::vector<Observation>{{0, 1}}, options), StatusIs(kInvalid));
  options = {};
  options.anomalies = {0};
  EXPECT_THAT(CleanObservations(std::vector<Observation>{{0, 1}}, options),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

std::vector<SalesDay> Sales(const std::vector<double>& demand, double stock) {
  std::vector<SalesDay> days;
  for (const double wanted : demand) days.push_back({std::min(wanted, stock), wanted >= stock});
  return days;
}

double PoissonDraw(base::Random& random, double mean) {
  double count = 0;
  for (double product = random.Uniform(); product > std::exp(-mean); product *= random.Uniform()) ++count;
  return count;
}

TEST(CensoredDemand, FindsTheMeanThatStockHid) {
  base::Random random(12);
  std::vector<double> demand;
  double total = 0;
  for (int64_t t = 0; t < 700; ++t) {
    demand.push_back(PoissonDraw(random, Week(t, 10)));
    total += demand.back();
  }
  const std::vector<SalesDay> days = Sales(demand, 10);
  double sold = 0, estimated = 0, week_end = 0;
  KONTOR_ASSERT_OK_AND_ASSIGN(const CensoredDemand found, EstimateDemand(days, {}));
  EXPECT_TRUE(found.converged);
  for (size_t t = 0; t < days.size(); ++t) {
    sold += days[t].sold;
    estimated += found.demand[t];
    week_end += t % 7 == 6 ? found.expected[t] / 100 : 0;
    EXPECT_GE(found.demand[t], days[t].sold);
    if (days[t].out_of_stock) continue;
    EXPECT_EQ(found.demand[t], days[t].sold);
  }
  EXPECT_LT(sold, 0.85 * total);
  EXPECT_NEAR(estimated / total, 1, 0.04);
  // Nearly every day of 22 ends without stock: what is known of it is that it is above 10.
  EXPECT_GT(week_end, 12);
}

TEST(CensoredDemand, DaysWithoutAnyStockTakeTheExpectation) {
  std::vector<SalesDay> days(28, {5, false});
  for (size_t t = 10; t < 14; ++t) days[t] = {0, true};
  KONTOR_ASSERT_OK_AND_ASSIGN(const CensoredDemand found, EstimateDemand(days, {}));
  for (size_t t = 10; t < 14; ++t) EXPECT_NEAR(found.demand[t], 5, 1e-6);
}

TEST(CensoredDemand, WithoutStockOutsItIsWhatWasSold) {
  const std::vector<SalesDay> days = {{3, false}, {0, false}, {7.5, false}};
  KONTOR_ASSERT_OK_AND_ASSIGN(const CensoredDemand found, EstimateDemand(days, {}));
  EXPECT_THAT(found.demand, ElementsAre(3, 0, 7.5));
  const std::vector<SalesDay> nothing = {{0, false}, {0, true}};
  EXPECT_THAT(EstimateDemand(nothing, {})->demand, ElementsAre(0, 0));
}

TEST(CensoredDemand, RefusesNonsense) {
  EXPECT_THAT(EstimateDemand({}, {}), StatusIs(kInvalid));
  EXPECT_THAT(EstimateDemand(std::vector<SalesDay>{{-1, false}}, {}), StatusIs(kInvalid));
  EXPECT_THAT(EstimateDemand(std::vector<SalesDay>{{NAN, false}}, {}), StatusIs(kInvalid));
  EXPECT_THAT(EstimateDemand(std::vector<SalesDay>{{1, true}}, {}), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(EstimateDemand(std::vector<SalesDay>{{1, false}}, {0, 28, 10}), StatusIs(kInvalid));
}

}  // namespace
}  // namespace kontor::forecasting
