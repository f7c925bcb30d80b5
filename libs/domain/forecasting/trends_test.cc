#include "libs/domain/forecasting/trends.h"

#include <cmath>
#include <set>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/random.h"
#include "libs/domain/forecasting/anomalies.h"
#include "libs/domain/forecasting/change_points.h"
#include "libs/testing/status_matchers.h"

namespace kontor::forecasting {
namespace {

using kontor::testing::StatusIs;

// Golden numbers: scipy.stats.theilslopes, and Mann-Kendall's z by its formula in scipy.stats.norm.
TEST(EstimateTrend, IsTheilSenWithMannKendall) {
  const std::vector<double> values = {12, 15, 14, 18, 17, 17, 22, 25, 21, 26};
  KONTOR_ASSERT_OK_AND_ASSIGN(const TrendEstimate trend, EstimateTrend(values));
  EXPECT_NEAR(trend.mean, 18.7, 1e-12);
  EXPECT_NEAR(trend.slope, 1.375, 1e-9);
  EXPECT_NEAR(trend.low, 1.0, 1e-9);
  EXPECT_NEAR(trend.high, 2.0, 1e-9);
  EXPECT_NEAR(trend.p_value, 0.0030417443199008964, 1e-9);
}

TEST(EstimateTrend, OfWhatDoesNotMoveIsZero) {
  KONTOR_ASSERT_OK_AND_ASSIGN(const TrendEstimate trend, EstimateTrend(std::vector<double>(12, 3.0)));
  EXPECT_EQ(trend.slope, 0);
  EXPECT_EQ(trend.p_value, 1);
  EXPECT_THAT(EstimateTrend(std::vector<double>{1, 2, 3}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(EstimateTrend(std::vector<double>{1, 2, NAN, 4}), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(FindChangePoints, FindsStepsAndNothingElse) {
  base::Random random(5);
  std::vector<double> values;
  for (int t = 0; t < 300; ++t) values.push_back((t < 120 ? 10 : t < 200 ? 16 : 8) + random.Normal());
  const std::vector<ChangePoint> changes = FindChangePoints(values, {});
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_NEAR(static_cast<double>(changes[0].step), 120, 2);
  EXPECT_NEAR(static_cast<double>(changes[1].step), 200, 2);
  EXPECT_NEAR(changes[1].before, 16, 0.5);
  EXPECT_NEAR(changes[1].after, 8, 0.5);
}

TEST(FindChangePoints, SeldomCallsNoiseAChange) {
  base::Random random(11);
  int false_alarms = 0;
  for (int round = 0; round < 100; ++round) {
    std::vector<double> values;
    double last = 0;
    for (int t = 0; t < 200; ++t) values.push_back(last = (round % 2 == 0 ? 0 : 0.5) * last + random.Normal());
    false_alarms += FindChangePoints(values, {}).empty() ? 0 : 1;
  }
  EXPECT_LE(false_alarms, 10);
  EXPECT_TRUE(FindChangePoints(std::vector<double>(100, 4.0), {}).empty());
  EXPECT_TRUE(FindChangePoints(std::vector<double>{1, 9}, {}).empty());
}

// Optimal: no segmentation into the same number of parts has a smaller sum of squares.
TEST(FindChangePoints, IsExactBesideAllSegmentations) {
  base::Random random(3);
  for (int round = 0; round < 20; ++round) {
    std::vector<double> values;
    for (int t = 0; t < 24; ++t) values.push_back((t < 8 + round % 8 ? 0 : 9) + random.Normal());
    const std::vector<ChangePoint> changes = FindChangePoints(values, {.min_segment = 2});
    const auto squares = [&](size_t from, size_t to) {
      double mean = 0, sum = 0;
      for (size_t t = from; t < to; ++t) mean += values[t] / static_cast<double>(to - from);
      for (size_t t = from; t < to; ++t) sum += (values[t] - mean) * (values[t] - mean);
      return sum;
    };
    if (changes.size() != 1) continue;
    double least = HUGE_VAL;
    size_t at = 0;
    for (size_t cut = 2; cut <= 22; ++cut) {
      if (squares(0, cut) + squares(cut, 24) < least) {
        least = squares(0, cut) + squares(cut, 24);
        at = cut;
      }
    }
    EXPECT_EQ(changes[0].step, at) << round;
  }
}

TEST(FindAnomalies, FindsWhatStandsOutOfASeasonAndATrend) {
  base::Random random(2);
  std::vector<double> values;
  for (int t = 0; t < 210; ++t) values.push_back(50 + 0.1 * t + 15 * (t % 7 == 5) + 2 * random.Normal());
  values[100] += 30;
  values[150] -= 30;
  KONTOR_ASSERT_OK_AND_ASSIGN(const std::vector<Anomaly> anomalies, FindAnomalies({values, {7}}, 0.001));
  std::set<size_t> steps;
  for (const Anomaly& anomaly : anomalies) {
    steps.insert(anomaly.step);
    EXPECT_TRUE(anomaly.actual < anomaly.low || anomaly.actual > anomaly.high);
    EXPECT_LT(anomaly.p_value, 0.001);
    EXPECT_NEAR(anomaly.expected, 50 + 0.1 * static_cast<double>(anomaly.step) + (anomaly.step % 7 == 5 ? 15 : 0), 5);
  }
  EXPECT_TRUE(steps.contains(100) && steps.contains(150));
  EXPECT_LE(steps.size(), 6u);
  EXPECT_THAT(FindAnomalies({values, {7}}, 0), StatusIs(absl::StatusCode::kInvalidArgument));
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto none, FindAnomalies({std::vector<double>(60, 5.0), {7}}, 0.01));
  EXPECT_TRUE(none.empty());
}

}  // namespace
}  // namespace kontor::forecasting
