#include "libs/domain/forecasting/change_points.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/random.h"
#include "libs/domain/forecasting/anomalies.h"
#include "libs/domain/forecasting/test_series.h"
#include "libs/domain/forecasting/trends.h"
#include "libs/testing/status_matchers.h"

namespace kontor::forecasting {
namespace {

using kontor::testing::StatusIs;

// A week around `level(t)`, noise that is `alike` from step to step.
template <typename Level>
std::vector<double> Weeks(int count, double alike, uint64_t seed, Level level) {
  base::Random random(seed);
  std::vector<double> values;
  double noise = 0;
  for (int t = 0; t < count; ++t) {
    noise = alike * noise + random.Normal();
    values.push_back(level(t) + 8 * std::sin(2 * M_PI * t / 7) + noise);
  }
  return values;
}

TEST(LevelShifts, AreFoundWhereTheyAre) {
  const auto values = Weeks(280, 0, 1, [](int t) { return t < 100 ? 50 : t < 200 ? 56 : 47; });
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto shifts, FindLevelShifts({values, {7}}));
  ASSERT_EQ(shifts.size(), 2);
  EXPECT_NEAR(static_cast<double>(shifts[0].at), 100, 1);
  EXPECT_NEAR(static_cast<double>(shifts[1].at), 200, 1);
  EXPECT_NEAR(shifts[0].before, 50, .5);
  EXPECT_NEAR(shifts[0].after, 56, .5);
  EXPECT_NEAR(shifts[1].after, 47, .5);
}

TEST(LevelShifts, AreNotSeenInNoise) {
  int false_alarms = 0;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    const auto values = Weeks(200, seed % 2 == 0 ? .5 : 0, seed, [](int) { return 50; });
    KONTOR_ASSERT_OK_AND_ASSIGN(const auto shifts, FindLevelShifts({values, {7}}));
    false_alarms += shifts.empty() ? 0 : 1;
  }
  EXPECT_LE(false_alarms, 4);
}

TEST(LevelShifts, OfWhatIsHardlyASeries) {
  const std::vector<double> constant(20, 5), zeros(20, 0), two = {1, 2};
  std::vector<double> step(20, 0);
  for (int t = 10; t < 20; ++t) step[t] = 5;
  for (const auto& values : {constant, zeros, two}) {
    KONTOR_ASSERT_OK_AND_ASSIGN(const auto shifts, FindLevelShifts({values, {}}));
    EXPECT_TRUE(shifts.empty());
  }
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto shifts, FindLevelShifts({step, {}}));
  ASSERT_EQ(shifts.size(), 1);
  EXPECT_EQ(shifts[0].at, 10);
  EXPECT_THAT(FindLevelShifts({{}, {}}), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(Anomalies, AreToldWithTheirSideAndRange) {
  auto values = Weeks(280, 0, 3, [](int t) { return 100 + .1 * t; });
  values[90] += 12;
  values[200] -= 12;
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto found, DetectAnomalies({values, {7}}, {.false_alarms = 1e-6}));
  ASSERT_EQ(found.size(), 2);
  EXPECT_EQ(found[0].at, 90);
  EXPECT_TRUE(found[0].above);
  EXPECT_NEAR(found[0].expected, values[90] - 12, 2.5);
  EXPECT_EQ(found[1].at, 200);
  EXPECT_FALSE(found[1].above);
  for (const Anomaly& anomaly : found) {
    EXPECT_LT(anomaly.p_value, 1e-6);
    EXPECT_LT(anomaly.low, anomaly.expected);
    EXPECT_LT(anomaly.expected, anomaly.high);
    EXPECT_TRUE(anomaly.value < anomaly.low || anomaly.value > anomaly.high);
  }
}

TEST(Anomalies, AreFewInNoise) {
  double told = 0, steps = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const auto values = Weeks(300, 0, seed, [](int) { return 0; });
    KONTOR_ASSERT_OK_AND_ASSIGN(const auto found, DetectAnomalies({values, {7}}, {.false_alarms = .01}));
    told += static_cast<double>(found.size());
    steps += 300;
  }
  EXPECT_LT(told / steps, .025);
  EXPECT_GT(told / steps, .003);
}

TEST(Anomalies, OfWhatIsHardlyASeries) {
  std::vector<double> constant(20, 5), zeros(20, 0);
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto none, DetectAnomalies({constant, {7}}));
  EXPECT_TRUE(none.empty());
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto nothing, DetectAnomalies({zeros, {}}));
  EXPECT_TRUE(nothing.empty());
  constant[9] = 50;
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto one, DetectAnomalies({constant, {}}));
  ASSERT_EQ(one.size(), 1);
  EXPECT_EQ(one[0].at, 9);
  EXPECT_THAT(DetectAnomalies({{1, 2}, {}}), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(DetectAnomalies({constant, {}}, {.false_alarms = 1}), StatusIs(absl::StatusCode::kInvalidArgument));
}

// Golden: scipy 1.x, theilslopes and kendalltau; the test of Hamed and Rao widens the interval.
TEST(Trends, HaveSensSlope) {
  KONTOR_ASSERT_OK_AND_ASSIGN(const TrendReport lake, ReportTrend({kLakeHuron, {}}, 0));
  EXPECT_NEAR(lake.slope, -0.025124999999999887, 1e-7);
  EXPECT_LT(lake.slope_low, -0.03492957746478899);
  EXPECT_GT(lake.slope_high, -0.01657534246575392);
  EXPECT_EQ(lake.direction, TrendDirection::kDown);
  EXPECT_GT(lake.p_value, 2.4315990956620357e-07);
  EXPECT_FALSE(lake.yearly_growth.has_value());
}

TEST(Trends, OfTheAirline) {
  KONTOR_ASSERT_OK_AND_ASSIGN(const TrendReport report, ReportTrend({kAirPassengers, {12}}, 12));
  EXPECT_EQ(report.direction, TrendDirection::kUp);
  EXPECT_NEAR(*report.yearly_growth, 5714.0 / 5140 - 1, 1e-12);  // passengers of 1960 and 1959
  EXPECT_NEAR(report.slope, 2.6, .4);
}

TEST(Trends, AreNotSeenInNoise) {
  int false_alarms = 0;
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    const auto values = Weeks(140, seed % 2 == 0 ? .4 : 0, seed, [](int) { return 50; });
    KONTOR_ASSERT_OK_AND_ASSIGN(const TrendReport report, ReportTrend({values, {7}}, 0));
    false_alarms += report.direction == TrendDirection::kNone ? 0 : 1;
  }
  EXPECT_LE(false_alarms, 14);
}

TEST(Trends, OfWhatIsHardlyASeries) {
  const std::vector<double> constant(20, 5), line = {1, 2, 3, 4, 5, 6, 7, 8};
  KONTOR_ASSERT_OK_AND_ASSIGN(const TrendReport flat, ReportTrend({constant, {7}}, 10));
  EXPECT_EQ(flat.direction, TrendDirection::kNone);
  EXPECT_EQ(flat.p_value, 1);
  EXPECT_EQ(flat.yearly_growth, 0);
  KONTOR_ASSERT_OK_AND_ASSIGN(const TrendReport up, ReportTrend({line, {52}}, 0));
  EXPECT_EQ(up.direction, TrendDirection::kUp);
  EXPECT_NEAR(up.slope, 1, 1e-8);
  EXPECT_THAT(ReportTrend({{1, 2, 3}, {}}, 0), StatusIs(absl::StatusCode::kFailedPrecondition));
}

}  // namespace
}  // namespace kontor::forecasting
