#include "libs/domain/forecasting/measures.h"

#include <cmath>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/testing/status_matchers.h"

namespace kontor::forecasting {
namespace {

using kontor::testing::StatusIs;

const std::vector<double> kActual = {100, 0, 50, 80};
const std::vector<double> kForecast = {110, 0, 40, 80};

TEST(Measures, AreTheFormulasWorkedByHand) {
  EXPECT_NEAR(Smape(kActual, kForecast), (200 * 10 / 210.0 + 0 + 200 * 10 / 90.0 + 0) / 4, 1e-12);
  EXPECT_NEAR(Mape(kActual, kForecast), (10.0 + 20 + 0) / 3, 1e-12);
  EXPECT_NEAR(Wape(kActual, kForecast), 20.0 / 230, 1e-12);
  EXPECT_NEAR(Bias(kActual, kForecast), 0, 1e-12);
  EXPECT_NEAR(Mase(kActual, kForecast, 2.5), 5 / 2.5, 1e-12);
  EXPECT_NEAR(Rmsse(kActual, kForecast, 2), std::sqrt(50.0 / 2), 1e-12);
}

TEST(Measures, ScalesAreOfTheSeasonalNaive) {
  const std::vector<double> past = {1, 2, 4, 7};
  EXPECT_NEAR(NaiveScale(past, 1), 2, 1e-12);
  EXPECT_NEAR(NaiveScale(past, 2), 4, 1e-12);
  EXPECT_NEAR(SquaredNaiveScale(past, 1), (1 + 4 + 9) / 3.0, 1e-12);
  EXPECT_TRUE(std::isnan(NaiveScale(past, 4)));
}

TEST(Measures, QuantilesAndIntervalsPayForBothSides) {
  EXPECT_NEAR(PinballLoss({10, 10}, {8, 14}, 0.9), (2 * 0.9 + 4 * 0.1) / 2, 1e-12);
  const std::vector<double> lower = {90, 1, 45, 81}, upper = {110, 2, 55, 90};
  EXPECT_NEAR(Coverage(kActual, lower, upper), 0.5, 1e-12);
  EXPECT_NEAR(IntervalScore(kActual, lower, upper, 0.8), (20 + (1 + 10) + 10 + (9 + 10)) / 4.0, 1e-12);
}

TEST(Measures, HaveNoValueWhereNothingCanBeDividedBy) {
  EXPECT_TRUE(std::isnan(Wape({0, 0}, {1, 1})));
  EXPECT_TRUE(std::isnan(Mase({1}, {2}, 0)));
  EXPECT_TRUE(std::isnan(Smape({}, {})));
}

TEST(CheckSeries, SaysWhatIsWrong) {
  const std::vector<double> fine = {1, 2, 3}, broken = {1, NAN, 3};
  EXPECT_TRUE(CheckSeries({fine, {7, 365}}).ok());
  EXPECT_THAT(CheckSeries({{}, {}}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(CheckSeries({broken, {}}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(CheckSeries({fine, {1}}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(CheckSeries({fine, {12, 4}}), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace kontor::forecasting
