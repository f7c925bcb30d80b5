#include "libs/domain/forecasting/accuracy.h"

#include <cmath>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/random.h"
#include "libs/domain/forecasting/forecast_change.h"
#include "libs/testing/status_matchers.h"

namespace kontor::forecasting {
namespace {

using kontor::testing::IsOk;
using kontor::testing::StatusIs;
using ::testing::Each;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

TEST(AccuracyMonitor, IsTheFormulasWorkedByHand) {
  AccuracyMonitor monitor({0.8});
  EXPECT_THAT(monitor.Add({100, 90, 120, 1, 20, 400, {80}, {95}}), IsOk());
  EXPECT_THAT(monitor.Add({50, 60, 50, 2, 20, 400, {40}, {70}}), IsOk());
  EXPECT_THAT(monitor.Add({50, 55, 60, 2, 0, 0, {}, {}}), IsOk());
  const AccuracyFigures all = monitor.Overall();
  EXPECT_EQ(all.count, 3);
  EXPECT_NEAR(all.wape, 25.0 / 200, 1e-12);
  EXPECT_NEAR(all.bias, 5.0 / 200, 1e-12);
  EXPECT_NEAR(all.mase, 0.5, 1e-12);
  EXPECT_NEAR(all.rmsse, 0.5, 1e-12);
  EXPECT_NEAR(all.naive_wape, 30.0 / 200, 1e-12);
  EXPECT_NEAR(all.value_added, 1 - 25.0 / 30, 1e-12);
  EXPECT_NEAR(all.coverage[0], 0.5, 1e-12);
  EXPECT_EQ(monitor.horizon(), 2);
  EXPECT_NEAR(monitor.AtStep(2).wape, 15.0 / 100, 1e-12);
  EXPECT_NEAR(monitor.AtStep(2).coverage[0], 1, 1e-12);
}

TEST(AccuracyMonitor, MergesAndHasNoValueWithoutSales) {
  AccuracyMonitor one({0.8}), two({0.8}), both({0.8});
  const ScoredForecast a{10, 8, 9, 1, 2, 4, {7}, {12}}, b{20, 25, 22, 3, 2, 4, {}, {}};
  EXPECT_THAT(one.Add(a), IsOk());
  EXPECT_THAT(two.Add(b), IsOk());
  EXPECT_THAT(both.Add(a), IsOk());
  EXPECT_THAT(both.Add(b), IsOk());
  one.Merge(two);
  EXPECT_EQ(one.Overall().wape, both.Overall().wape);
  EXPECT_EQ(one.Overall().coverage, both.Overall().coverage);
  EXPECT_EQ(one.horizon(), 3);
  EXPECT_TRUE(std::isnan(one.AtStep(2).wape));
  AccuracyMonitor empty({0.8});
  EXPECT_TRUE(std::isnan(empty.Overall().bias));
  EXPECT_TRUE(std::isnan(empty.Overall().coverage[0]));
}

TEST(AccuracyMonitor, RefusesNonsense) {
  AccuracyMonitor monitor({0.8});
  EXPECT_THAT(monitor.Add({NAN, 1, 1, 1, 0, 0, {}, {}}), StatusIs(kInvalid));
  EXPECT_THAT(monitor.Add({1, 1, 1, 0, 0, 0, {}, {}}), StatusIs(kInvalid));
  EXPECT_THAT(monitor.Add({1, 1, 1, 1'000'000'000, 0, 0, {}, {}}), StatusIs(kInvalid));
  EXPECT_THAT(monitor.Add({1, 1, 1, 1, 0, 0, {1, 2}, {3, 4}}), StatusIs(kInvalid));
  EXPECT_THAT(monitor.Add({1, 1, 1, 1, 0, 0, {3}, {2}}), StatusIs(kInvalid));
  EXPECT_EQ(monitor.Overall().count, 0);
}

double MeanRun(double shift, double false_alarm_steps, uint64_t seed) {
  base::Random random(seed);
  DriftOptions options;
  options.false_alarm_steps = false_alarm_steps;
  DriftDetector detector = *DriftDetector::Make(2, options);
  constexpr int kAlarms = 400;
  double steps = 0;
  while (detector.alarms() < kAlarms) {
    detector.Add(2 * (random.Normal() + shift));
    ++steps;
  }
  return steps / kAlarms;
}

TEST(DriftDetector, AlarmsAsRarelyAsItSays) {
  // Siegmund's formula for limit 5, slack .5: 469 steps; the exact run length is 465 (Montgomery 2013, table 9.4).
  DriftOptions options;
  options.false_alarm_steps = 469.1;
  EXPECT_NEAR(DriftDetector::Make(1, options)->limit(), 5, 0.001);
  EXPECT_NEAR(MeanRun(0, 200, 3) / 200, 1, 0.15);
}

TEST(DriftDetector, FindsAShiftSoon) {
  EXPECT_LT(MeanRun(1, 500, 4), 12);
  EXPECT_LT(MeanRun(-1, 500, 5), 12);
  DriftDetector detector = *DriftDetector::Make(1, {});
  EXPECT_FALSE(detector.Add(40));  // one outlier is no drift
  for (int i = 0; i < 100; ++i) detector.Add(-0.4);
  EXPECT_NEAR(detector.tracking_signal(), -1, 0.01);
}

TEST(DriftDetector, RefusesNonsense) {
  EXPECT_THAT(DriftDetector::Make(0, {}), StatusIs(kInvalid));
  EXPECT_THAT(DriftDetector::Make(1, {0, 500, 0.1}), StatusIs(kInvalid));
  EXPECT_THAT(DriftDetector::Make(1, {1, 5, 0.1}), StatusIs(kInvalid));
  EXPECT_THAT(DriftDetector::Make(1, {1, 500, 0}), StatusIs(kInvalid));
}

TEST(ExplainChange, FindsTheLineAndTheSeasonOfNewData) {
  const std::vector<double> before(8, 100);
  const double season[] = {-3, 1, 2, 0};
  std::vector<double> data, after;
  for (int h = 0; h < 8; ++h) {
    data.push_back(100 + 10 + 2 * h + season[h % 4]);
    after.push_back(data.back() + 7);
  }
  KONTOR_ASSERT_OK_AND_ASSIGN(const ForecastChange found, ExplainChange({before, data, data, data, after}, 4));
  for (int h = 0; h < 8; ++h) {
    EXPECT_NEAR(found.level[h], 10, 1e-6);
    EXPECT_NEAR(found.trend[h], 2 * h, 1e-6);
    EXPECT_NEAR(found.season[h], season[h % 4], 1e-6);
    EXPECT_NEAR(found.other[h], 0, 1e-6);
    EXPECT_NEAR(found.model[h], 7, 1e-9);
  }
  EXPECT_THAT(found.cleaning, Each(0));
  EXPECT_EQ(found.total_before, 800);
}

TEST(ExplainChange, PartsSumToTheWholeWhateverTheForecasts) {
  base::Random random(9);
  for (const int steps : {1, 3, 20}) {
    std::vector<std::vector<double>> runs(5, std::vector<double>(steps));
    for (std::vector<double>& run : runs) {
      for (double& value : run) value = 1e6 * random.Normal();
    }
    KONTOR_ASSERT_OK_AND_ASSIGN(const ForecastChange c,
                                ExplainChange({runs[0], runs[1], runs[2], runs[3], runs[4]}, 7));
    for (int h = 0; h < steps; ++h) {
      const double sum =
          c.level[h] + c.trend[h] + c.season[h] + c.other[h] + c.cleaning[h] + c.regressors[h] + c.model[h];
      EXPECT_NEAR(sum, runs[4][h] - runs[0][h], 1e-9 * 1e6);
    }
  }
  const std::vector<double> two = {1, 2}, one = {1}, broken = {1, INFINITY};
  EXPECT_THAT(ExplainChange({two, two, two, two, one}, 1), StatusIs(kInvalid));
  EXPECT_THAT(ExplainChange({two, two, broken, two, two}, 1), StatusIs(kInvalid));
  EXPECT_THAT(ExplainChange({two, two, two, two, two}, 0), StatusIs(kInvalid));
  EXPECT_THAT(ExplainChange({}, 1), StatusIs(kInvalid));
}

}  // namespace
}  // namespace kontor::forecasting
