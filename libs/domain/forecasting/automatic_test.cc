#include "libs/domain/forecasting/automatic.h"

#include <cmath>
#include <limits>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/random.h"
#include "libs/testing/status_matchers.h"

namespace kontor::forecasting {
namespace {

using kontor::testing::StatusIs;

AutomaticOptions Options(int horizon) {
  AutomaticOptions options;
  options.horizon = horizon;
  options.levels = {0.1, 0.5, 0.9};
  return options;
}

// Sound whatever was put in: finite, none below 0, quantiles that ascend.
void ExpectSound(const AutomaticForecast& forecast, size_t horizon) {
  ASSERT_EQ(forecast.prediction.mean.size(), horizon);
  ASSERT_EQ(forecast.quantiles.values.size(), horizon);
  ASSERT_EQ(forecast.naive.size(), horizon);
  for (size_t i = 0; i < horizon; ++i) {
    EXPECT_TRUE(std::isfinite(forecast.prediction.mean[i]) && forecast.prediction.mean[i] >= 0);
    EXPECT_TRUE(std::isfinite(forecast.prediction.variance[i]) && forecast.prediction.variance[i] >= 0);
    double last = 0;
    for (const double value : forecast.quantiles.values[i]) {
      EXPECT_TRUE(std::isfinite(value) && value >= last);
      last = value;
    }
  }
}

TEST(ForecastAutomatically, AnswersForEverySeries) {
  base::Random random(1);
  for (const size_t size : {1, 2, 3, 8, 15, 40, 120, 400}) {
    for (const double share : {0.0, 0.05, 0.4, 1.0}) {  // of steps with a sale
      std::vector<double> values;
      for (size_t t = 0; t < size; ++t)
        values.push_back(random.Chance(share) ? std::floor(1 + 20 * random.Uniform()) : 0);
      for (const std::vector<int>& seasons : {std::vector<int>(), {7}}) {
        if (!seasons.empty() && size < 14) continue;
        for (const bool thorough : {false, true}) {
          AutomaticOptions options = Options(10);
          options.thorough = thorough;
          KONTOR_ASSERT_OK_AND_ASSIGN(const AutomaticForecast forecast,
                                      ForecastAutomatically({values, seasons}, options));
          ExpectSound(forecast, 10);
        }
      }
    }
  }
}

TEST(ForecastAutomatically, OfWhatHasEndedIsNothing) {
  std::vector<double> values(100, 0);
  for (size_t t = 0; t < 40; ++t) values[t] = 5;
  KONTOR_ASSERT_OK_AND_ASSIGN(const AutomaticForecast forecast, ForecastAutomatically({values, {}}, Options(5)));
  EXPECT_EQ(forecast.method, "zero");
  for (const double mean : forecast.prediction.mean) EXPECT_EQ(mean, 0);
}

TEST(ForecastAutomatically, KnowsTheDaysOnWhichAShopIsClosed) {
  base::Random random(2);
  std::vector<double> values;
  for (int t = 0; t < 7 * 30; ++t) values.push_back(t % 7 == 6 ? 0 : 50 + 5 * random.Normal());
  KONTOR_ASSERT_OK_AND_ASSIGN(const AutomaticForecast forecast, ForecastAutomatically({values, {7}}, Options(14)));
  for (size_t i = 0; i < 14; ++i) {
    const bool closed = i % 7 == 6;
    EXPECT_NEAR(forecast.prediction.mean[i], closed ? 0 : 50, closed ? 0 : 4);
    EXPECT_EQ(forecast.quantiles.values[i].back() == 0, closed);
  }
}

TEST(ForecastAutomatically, IntervalsHoldWhatTheySay) {
  base::Random random(3);
  double within = 0, all = 0;
  for (int series = 0; series < 60; ++series) {
    std::vector<double> values, future;
    const double level = 20 + 80 * random.Uniform();
    for (int t = 0; t < 154; ++t) {
      const double value =
          std::max(0.0, level * (1 + 0.3 * std::sin(2 * M_PI * t / 7)) + 0.2 * level * random.Normal());
      (t < 140 ? values : future).push_back(value);
    }
    KONTOR_ASSERT_OK_AND_ASSIGN(const AutomaticForecast forecast, ForecastAutomatically({values, {7}}, Options(14)));
    for (size_t i = 0; i < 14; ++i) {
      const std::vector<double>& row = forecast.quantiles.values[i];
      within += future[i] >= row.front() && future[i] <= row.back() ? 1 : 0;
      ++all;
    }
  }
  EXPECT_NEAR(within / all, 0.8, 0.07);
}

TEST(ForecastAutomatically, FollowsATrendThatTheRobustLevelDoesNot) {
  std::vector<double> values;
  for (int t = 0; t < 60; ++t) values.push_back(10 + 6 * t + (t * 37) % 5);
  KONTOR_ASSERT_OK_AND_ASSIGN(const AutomaticForecast forecast, ForecastAutomatically({values, {}}, Options(8)));
  EXPECT_EQ(forecast.method, "weighed");
  EXPECT_NEAR(forecast.prediction.mean[7], 10 + 6 * 67 + 2, 15);
}

TEST(ForecastAutomatically, TakesAMethodByNameAndRefusesWhatMakesNoSense) {
  const std::vector<double> values(30, 4.0);
  AutomaticOptions options = Options(3);
  options.method = "theta";
  KONTOR_ASSERT_OK_AND_ASSIGN(const AutomaticForecast theta, ForecastAutomatically({values, {}}, options));
  EXPECT_EQ(theta.method, "theta");
  options.method = "crystal_ball";
  EXPECT_THAT(ForecastAutomatically({values, {}}, options), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(ForecastAutomatically({values, {}}, Options(0)), StatusIs(absl::StatusCode::kInvalidArgument));
  AutomaticOptions crossed = Options(3);
  crossed.levels = {0.9, 0.1};
  EXPECT_THAT(ForecastAutomatically({values, {}}, crossed), StatusIs(absl::StatusCode::kInvalidArgument));
  const std::vector<double> broken = {1, std::numeric_limits<double>::quiet_NaN()};
  EXPECT_THAT(ForecastAutomatically({broken, {}}, Options(3)), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace kontor::forecasting
