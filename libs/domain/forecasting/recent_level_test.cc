#include "libs/domain/forecasting/recent_level.h"

#include <cmath>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/testing/status_matchers.h"

namespace kontor::forecasting {
namespace {

using kontor::testing::StatusIs;

TEST(RecentLevel, IsTheMeanOfItsThreeFormulas) {
  // No value is a spike. Last 4: 10 11 12 11, mean 11; last 8 mean 10.5; the slope of all twelve by least squares.
  const std::vector<double> values = {9, 10, 9, 10, 10, 11, 10, 9, 10, 11, 12, 11};
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto model, RecentLevelMethod().fit({values, {}}));
  double above = 0, below = 0, mean = 0, smooth = 9.5;
  for (const double value : values) mean += value / 12;
  for (size_t t = 0; t < 12; ++t) {
    above += (static_cast<double>(t) - 5.5) * (values[t] - mean);
    below += (static_cast<double>(t) - 5.5) * (static_cast<double>(t) - 5.5);
    smooth += 0.4 * (values[t] - smooth);
  }
  const double slope = std::min(0.5 * above / below, 0.03 * 10.5);
  for (const int step : {1, 4}) {
    EXPECT_NEAR(model->Predict(step).mean.back(), (11.0 + (10.5 + slope * (3.5 + step)) + smooth) / 3, 1e-9);
  }
}

TEST(RecentLevel, DoesNotFollowASpike) {
  std::vector<double> values(20, 10);
  for (size_t t = 0; t < 20; ++t) values[t] += static_cast<double>(t % 3);
  const double before = (*RecentLevelMethod().fit({values, {}}))->Predict(1).mean[0];
  values[19] = 500;
  EXPECT_NEAR((*RecentLevelMethod().fit({values, {}}))->Predict(1).mean[0], before, 4);
}

// Without its slope the eight values before the last allow 319, with it 367.
TEST(RecentLevel, FollowsWhatRisesAsItRoseBefore) {
  std::vector<double> values;
  for (int t = 0; t < 20; ++t) values.push_back(100 + 6 * t + (t % 2 == 0 ? -20 : 20));
  const auto forecast = [&](double last) {
    values.back() = last;
    return (*RecentLevelMethod().fit({values, {}}))->Predict(1).mean[0];
  };
  EXPECT_GT(forecast(360), forecast(340) + 5);
  EXPECT_NEAR(forecast(1000), forecast(500), 1);
}

TEST(RecentLevel, TakesWhatThereIs) {
  for (const std::vector<double>& values : {std::vector<double>{7}, {7, 7}, {0, 0, 0}, {5, 5, 5, 5, 5, 5, 5, 5, 5}}) {
    for (const Method& method : {RecentLevelMethod(), RecentMedianMethod()}) {
      KONTOR_ASSERT_OK_AND_ASSIGN(const auto model, method.fit({values, {}}));
      for (const double mean : model->Predict(3).mean) EXPECT_NEAR(mean, values[0], 1e-9);
      EXPECT_EQ(model->fitted().size(), values.size());
    }
  }
  EXPECT_THAT(RecentLevelMethod().fit({{}, {}}), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(WeekProfile, SharesTheWeekOutAsItWasSold) {
  std::vector<double> days;
  for (int t = 0; t < 7 * 14 + 3; ++t) days.push_back(t % 7 == 2 ? 0 : 10 * (t % 7 + 1));
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto model, WeekProfileMethod().fit({days, {7}}));
  const Prediction prediction = model->Predict(14);
  for (int i = 0; i < 14; ++i) {
    const int place = (7 * 14 + 3 + i) % 7;
    EXPECT_NEAR(prediction.mean[static_cast<size_t>(i)], place == 2 ? 0 : 10 * (place + 1), 1e-6) << i;
  }
  EXPECT_THAT(WeekProfileMethod().fit({days, {}}), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(WeekProfileMethod().fit({Values(days).first(27), {7}}), StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST(WeekProfile, OfAThinSeriesLeansOnMedians) {
  std::vector<double> days(7 * 13, 0);
  for (size_t week = 0; week < 13; ++week) days[7 * week + 1] = 8;
  for (size_t week = 0; week < 13; week += 3) days[7 * week + 4] = 30;  // four places in thirteen
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto model, WeekProfileMethod().fit({days, {7}}));
  const Prediction prediction = model->Predict(7);
  EXPECT_EQ(prediction.mean[0], 0);
  EXPECT_GT(prediction.mean[1], 3.5);
  EXPECT_LT(prediction.mean[4], prediction.mean[1]);  // it sold more, but its median is 0
}

}  // namespace
}  // namespace kontor::forecasting
