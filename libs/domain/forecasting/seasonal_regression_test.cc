#include <cmath>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/domain/forecasting/double_seasonal.h"
#include "libs/domain/forecasting/ridge_autoregression.h"
#include "libs/domain/forecasting/seasonal_combination.h"
#include "libs/testing/status_matchers.h"

namespace kontor::forecasting {
namespace {

using kontor::testing::StatusIs;
using ::testing::DoubleNear;
using ::testing::ElementsAre;

// Hours with a daily and a weekly wave, and something that is neither.
std::vector<double> Hours(int count) {
  std::vector<double> values;
  for (int t = 0; t < count; ++t) {
    values.push_back(100 + 20 * std::sin(2 * M_PI * t / 24) + 10 * std::sin(2 * M_PI * t / 168) + (t * 37) % 11);
  }
  return values;
}

Method ByName(const std::string& name) {
  for (const Method& method : RidgeAutoregressionMethods()) {
    if (method.name == name) return method;
  }
  return DoubleSeasonalMethod();
}

// Golden numbers: the same formulas in numpy (numpy.linalg.solve, double precision).
TEST(RidgeAutoregression, IsTheRegressionWorkedInNumpy) {
  const std::vector<double> hours = Hours(600);
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto few, ByName("autoregression").fit({hours, {24, 168}}));
  EXPECT_THAT(few->Predict(6).mean, ElementsAre(DoubleNear(97.64271647, 1e-6), DoubleNear(106.764269739, 1e-6),
                                                DoubleNear(111.977770604, 1e-6), DoubleNear(112.022817405, 1e-6),
                                                DoubleNear(118.085987442, 1e-6), DoubleNear(122.142623416, 1e-6)));
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto logarithms, ByName("autoregression_log").fit({hours, {24, 168}}));
  EXPECT_THAT(
      logarithms->Predict(6).mean,
      ElementsAre(DoubleNear(97.760883613, 1e-6), DoubleNear(106.146055127, 1e-6), DoubleNear(113.360039349, 1e-6),
                  DoubleNear(112.080678592, 1e-6), DoubleNear(118.234674785, 1e-6), DoubleNear(114.392819902, 1e-6)));
}

TEST(DoubleSeasonal, IsTheSmoothingWorkedInNumpy) {
  const std::vector<double> hours = Hours(600);
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto model, DoubleSeasonalMethod().fit({hours, {24, 168}}));
  EXPECT_THAT(model->Predict(3).mean, ElementsAre(DoubleNear(99.836604318, 1e-6), DoubleNear(106.434056711, 1e-6),
                                                  DoubleNear(112.821298075, 1e-6)));
}

TEST(SeasonalRegression, ScalesWithTheSeriesAndFitsAsItForecasts) {
  const std::vector<double> hours = Hours(600);
  std::vector<double> larger;
  for (const double value : hours) larger.push_back(1000 * value);
  std::vector<double> one_less(hours.begin(), hours.end() - 1);
  for (const char* name : {"autoregression_log", "autoregression", "autoregression_wide", "double_seasonal"}) {
    KONTOR_ASSERT_OK_AND_ASSIGN(const auto model, ByName(name).fit({hours, {24, 168}}));
    KONTOR_ASSERT_OK_AND_ASSIGN(const auto scaled, ByName(name).fit({larger, {24, 168}}));
    EXPECT_NEAR(scaled->Predict(48).mean[47], 1000 * model->Predict(48).mean[47], 1e-3) << name;
    ASSERT_EQ(model->fitted().size(), hours.size());
    EXPECT_TRUE(std::isnan(model->fitted()[0]));
    double off = 0;
    for (size_t t = 500; t < 600; ++t) off += std::abs(hours[t] - model->fitted()[t]);
    EXPECT_LT(off / 100, 4) << name;  // what is neither season nor level is 2.7 off on average
  }
}

TEST(RidgeAutoregression, GoesWithoutWhatTheHistoryIsTooShortFor) {
  const std::vector<double> hours = Hours(400);
  for (const Method& method : RidgeAutoregressionMethods()) {
    KONTOR_ASSERT_OK_AND_ASSIGN(const auto model, method.fit({hours, {24, 168}}));
    for (const double mean : model->Predict(200).mean) EXPECT_TRUE(mean > 60 && mean < 160) << method.name;
    EXPECT_THAT(method.fit({Values(hours).first(40), {24}}), StatusIs(absl::StatusCode::kFailedPrecondition));
    EXPECT_THAT(method.fit({hours, {}}), StatusIs(absl::StatusCode::kFailedPrecondition));
  }
  EXPECT_THAT(DoubleSeasonalMethod().fit({hours, {24, 168}}), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(DoubleSeasonalMethod().fit({hours, {24}}), StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST(SeasonalCombination, WeighsItsMembersAndGoesWithoutThoseThatDoNotFit) {
  const std::vector<double> hours = Hours(800);
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto two, SeasonalCombinationMethod().fit({Values(hours).first(752), {24, 168}}));
  double off = 0;
  const Prediction prediction = two->Predict(48);
  for (size_t i = 0; i < 48; ++i) off += std::abs(hours[752 + i] - prediction.mean[i]);
  EXPECT_LT(off / 48, 4);
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto one, SeasonalCombinationMethod().fit({hours, {24}}));
  EXPECT_EQ(one->Predict(5).mean.size(), 5u);
}

TEST(SeasonalRegression, ConstantsAndZerosStayWhatTheyAre) {
  for (const double value : {0.0, 5.0}) {
    const std::vector<double> values(700, value);
    for (const char* name : {"autoregression_log", "autoregression", "autoregression_wide", "double_seasonal"}) {
      KONTOR_ASSERT_OK_AND_ASSIGN(const auto model, ByName(name).fit({values, {24, 168}}));
      for (const double mean : model->Predict(30).mean) EXPECT_NEAR(mean, value, 1e-9) << name;
    }
  }
}

}  // namespace
}  // namespace kontor::forecasting
