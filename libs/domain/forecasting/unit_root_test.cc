#include "libs/domain/forecasting/unit_root.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/random.h"
#include "libs/domain/forecasting/ocsb.h"
#include "libs/domain/forecasting/test_series.h"

namespace kontor::forecasting {
namespace {

// Golden: statsmodels 0.14, kpss(x, "c", nlags = floor(3 sqrt(n) / 13)).
TEST(Kpss, IsTheStatisticOfOthers) {
  EXPECT_NEAR(KpssStatistic(kLakeHuron), 1.221218569394994, 1e-9);
  EXPECT_NEAR(KpssStatistic(kHormone), 0.3678891108152088, 1e-9);
  EXPECT_EQ(KpssStatistic({3, 3, 3}), 0);
}

TEST(Differences, AreThoseOfTheTextbooks) {
  EXPECT_EQ(DifferencesNeeded(kLakeHuron), 1);
  EXPECT_EQ(DifferencesNeeded(kHormone), 0);
  std::vector<double> square;
  for (int t = 0; t < 60; ++t) square.push_back(t * t);
  EXPECT_EQ(DifferencesNeeded(square), 2);
  EXPECT_EQ(DifferencesNeeded(Values(square).first(30)), 1);
  EXPECT_EQ(DifferencesNeeded({1, 2}), 0);
}

TEST(Differences, OfASeasonWhereItIsStrong) {
  const std::vector<double> logs = LogAirPassengers();
  EXPECT_GT(SeasonalStrength(logs, 12), .9);
  EXPECT_EQ(SeasonalDifferencesNeeded(logs, 12), 1);
  EXPECT_LT(SeasonalStrength(kLakeHuron, 12), .64);
  EXPECT_EQ(SeasonalDifferencesNeeded(kLakeHuron, 12), 0);
  EXPECT_EQ(SeasonalDifferencesNeeded(Values(logs).first(24), 12), 0);
  EXPECT_EQ(SeasonalStrength(std::vector<double>(30, 1), 7), 0);
}

// Golden: pmdarima 2's port of R's ocsb.test with fixed lags 1 to 3.
TEST(Ocsb, IsTheStatisticOfOthers) {
  const std::vector<double> logs = LogAirPassengers();
  EXPECT_NEAR(OcsbStatistic(logs, 12, 1), -1.42403069, 1e-6);
  EXPECT_NEAR(OcsbStatistic(logs, 12, 2), -1.44945701, 1e-6);
  EXPECT_NEAR(OcsbStatistic(logs, 12, 3), -1.34141779, 1e-6);
  EXPECT_TRUE(OcsbNeedsDifference(logs, 12));
  base::Random random(3);
  std::vector<double> noise;
  for (int t = 0; t < 120; ++t) noise.push_back(random.Normal());
  EXPECT_FALSE(OcsbNeedsDifference(noise, 12));
  EXPECT_TRUE(std::isnan(OcsbStatistic(Values(logs).first(15), 12, 1)));
  EXPECT_FALSE(OcsbNeedsDifference(std::vector<double>(60, 4), 12));
}

TEST(Difference, GoesBackTheLag) {
  EXPECT_THAT(Difference({1, 4, 9, 16}, 1, 2), ::testing::ElementsAre(2, 2));
  EXPECT_THAT(Difference({1, 4, 9, 16}, 3, 1), ::testing::ElementsAre(15));
  EXPECT_THAT(Difference({1, 4}, 3, 1), ::testing::IsEmpty());
  EXPECT_THAT(Difference({1, 4}, 3, 0), ::testing::ElementsAre(1, 4));
}

}  // namespace
}  // namespace kontor::forecasting
