#include "libs/domain/forecasting/trend_regression.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/random.h"
#include "libs/testing/status_matchers.h"

namespace kontor::forecasting {
namespace {

using kontor::testing::StatusIs;

std::vector<double> Days(int from, int count) {
  std::vector<double> days;
  for (int i = 0; i < count; ++i) days.push_back(from + i);
  return days;
}

// Level 100, slope .5, after `turn` -.2; Mondays (day 4 is 1970-01-05) 20 more.
std::vector<double> Broken(int count, int turn, double spread) {
  base::Random random(2);
  std::vector<double> values;
  for (int t = 0; t < count; ++t) {
    const double trend = 100 + .5 * t - (t > turn ? .7 * (t - turn) : 0);
    values.push_back(trend + (t % 7 == 4 ? 20 : 0) + spread * random.Normal());
  }
  return values;
}

TEST(TrendRegression, FindsABreakAndAWeek) {
  const std::vector<double> all = Broken(428, 200, 1);
  KONTOR_ASSERT_OK_AND_ASSIGN(const TrendRegression model,
                              TrendRegression::Fit(Days(0, 400), Values(all).first(400), {}));
  EXPECT_EQ(model.form(), SeasonForm::kAdditive);
  KONTOR_ASSERT_OK_AND_ASSIGN(const TrendForecast found, model.Predict(Days(400, 28)));
  for (int h = 0; h < 28; ++h) EXPECT_NEAR(found.prediction.mean[h], all[400 + h], 6) << h;
  // Nearly all of the change is where the slope breaks.
  const std::vector<double> changes = model.slope_changes(), days = model.change_days();
  double near = 0, far = 0;
  for (size_t j = 0; j < changes.size(); ++j) (std::abs(days[j] - 200) < 20 ? near : far) += changes[j];
  EXPECT_NEAR(near, -.7, .07);
  EXPECT_NEAR(far, 0, .05);
  ASSERT_EQ(found.components.size(), 2);
  EXPECT_EQ(found.components[1].name, "weekly");
  for (int h = 0; h < 28; ++h) {
    EXPECT_NEAR(found.components[0].values[h] + found.components[1].values[h], found.prediction.mean[h], 1e-9);
  }
}

TEST(TrendRegression, AgreesWithItsPathsOnTheSpread) {
  const std::vector<double> all = Broken(400, 200, 3);
  KONTOR_ASSERT_OK_AND_ASSIGN(const TrendRegression model, TrendRegression::Fit(Days(0, 400), all, {}));
  const std::vector<double> days = Days(400, 300);
  KONTOR_ASSERT_OK_AND_ASSIGN(const TrendForecast found, model.Predict(days));
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto paths, model.Sample(days, 4000, 1));
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto again, model.Sample(days, 4000, 1));
  EXPECT_EQ(paths, again);
  for (const int h : {0, 150, 299}) {
    double mean = 0, square = 0;
    for (const auto& path : paths) mean += path[h] / 4000;
    for (const auto& path : paths) square += (path[h] - mean) * (path[h] - mean) / 3999;
    EXPECT_NEAR(square / found.prediction.variance[h], 1, .15) << h;
    EXPECT_NEAR(mean, found.prediction.mean[h], .1 * std::sqrt(found.prediction.variance[h])) << h;
  }
}

TEST(TrendRegression, SaturatesWithoutOverflow) {
  std::vector<double> values;
  for (int t = 0; t < 200; ++t) values.push_back(10 + 90 / (1 + std::exp(-(t - 100) / 15.0)));
  KONTOR_ASSERT_OK_AND_ASSIGN(
      const TrendRegression model,
      TrendRegression::Fit(Days(0, 200), values,
                           {.growth = Growth::kLogistic, .cap = 100, .floor = 10, .automatic_seasons = false}));
  KONTOR_ASSERT_OK_AND_ASSIGN(const TrendForecast found, model.Predict({50, 100, 150, 250, 1e9, -1e9}));
  EXPECT_NEAR(found.prediction.mean[0], values[50], 1);
  EXPECT_NEAR(found.prediction.mean[1], values[100], 1);
  EXPECT_NEAR(found.prediction.mean[2], values[150], 1);
  EXPECT_NEAR(found.prediction.mean[3], 100, 1);
  EXPECT_NEAR(found.prediction.mean[4], 100, 1e-6);
  EXPECT_NEAR(found.prediction.mean[5], 10, 1e-6);
  for (const double variance : found.prediction.variance) EXPECT_TRUE(std::isfinite(variance));
}

TEST(TrendRegression, ChoosesSeasonsInProportion) {
  std::vector<double> values;
  for (int t = 0; t < 420; ++t) values.push_back((50 + t) * (1 + .3 * std::sin(2 * M_PI * t / 7)));
  KONTOR_ASSERT_OK_AND_ASSIGN(const TrendRegression model,
                              TrendRegression::Fit(Days(0, 392), Values(values).first(392), {}));
  EXPECT_EQ(model.form(), SeasonForm::kMultiplicative);
  KONTOR_ASSERT_OK_AND_ASSIGN(const TrendForecast found, model.Predict(Days(392, 28)));
  for (int h = 0; h < 28; ++h) EXPECT_NEAR(found.prediction.mean[h] / values[392 + h], 1, .01);
}

TEST(TrendRegression, LearnsEventsAndRegressors) {
  base::Random random(4);
  std::vector<double> values, price;
  Event fair{.name = "fair", .before = 1, .after = 0};
  for (int t = 0; t < 300; ++t) {
    if (t % 50 == 10) fair.days.push_back(absl::CivilDay(1970) + t);
    price.push_back(5 + random.Normal());
    values.push_back(100 - 4 * price.back() + (t % 50 == 10 ? 30 : t % 50 == 9 ? 15 : 0) + .1 * random.Normal());
  }
  fair.days.push_back(absl::CivilDay(1970) + 310);
  TrendRegressionOptions options{.automatic_seasons = false, .form = SeasonForm::kAdditive, .events = {fair}};
  KONTOR_ASSERT_OK_AND_ASSIGN(const TrendRegression model,
                              TrendRegression::Fit(Days(0, 300), values, options, {{"price", price}}));
  const Regressor future{"price", std::vector<double>(12, 6)};
  KONTOR_ASSERT_OK_AND_ASSIGN(const TrendForecast found, model.Predict(Days(300, 12), {future}));
  EXPECT_NEAR(found.prediction.mean[10], 100 - 24 + 30, .5);
  EXPECT_NEAR(found.prediction.mean[9], 100 - 24 + 15, .5);
  EXPECT_NEAR(found.prediction.mean[11], 100 - 24, .5);
  EXPECT_NEAR(found.components[1].values[10], 30, .5);
  EXPECT_EQ(found.components[2].name, "price");
  const auto missing = model.Predict(Days(300, 12));
  EXPECT_THAT(missing, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(std::string(missing.status().message()), ::testing::HasSubstr("'price'"));
}

TEST(TrendRegression, AnswersForWhatIsHardlyASeries) {
  const std::vector<double> two = {3, 5}, zeros(40, 0), constant(40, -2);
  for (const auto& values : {two, zeros, constant}) {
    for (const Growth growth : {Growth::kLinear, Growth::kLogistic, Growth::kFlat}) {
      KONTOR_ASSERT_OK_AND_ASSIGN(const TrendRegression model,
                                  TrendRegression::Fit(Days(0, static_cast<int>(values.size())), values,
                                                       {.growth = growth, .cap = 10, .floor = -10}));
      KONTOR_ASSERT_OK_AND_ASSIGN(const TrendForecast found, model.Predict(Days(40, 5)));
      for (int h = 0; h < 5; ++h) EXPECT_TRUE(std::isfinite(found.prediction.mean[h] + found.prediction.variance[h]));
    }
    KONTOR_ASSERT_OK_AND_ASSIGN(const auto model, TrendRegressionMethod().fit({values, {7, 365}}));
    EXPECT_TRUE(std::isfinite(model->Predict(3).mean[2]));
  }
}

TEST(TrendRegression, RefusesWhatItCannotFit) {
  const std::vector<double> values = {1, 2, 3}, broken = {1, NAN, 3};
  const auto fit = [&](std::vector<double> days, const std::vector<double>& y, const TrendRegressionOptions& options) {
    return TrendRegression::Fit(days, y, options).status();
  };
  EXPECT_THAT(fit({0, 1, 1}, values, {}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(fit({0, 1}, values, {}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(fit({0, 1, 2}, broken, {}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(fit({0, 1, 2}, values, {.growth = Growth::kLogistic}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(fit({0, 1, 2}, values, {.seasons = {{"odd", 0, 3}}}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(fit({0}, {1}, {}), StatusIs(absl::StatusCode::kFailedPrecondition));
}

}  // namespace
}  // namespace kontor::forecasting
