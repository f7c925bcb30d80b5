#include "libs/domain/forecasting/arima.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/random.h"
#include "libs/domain/forecasting/test_series.h"
#include "libs/testing/status_matchers.h"

namespace kontor::forecasting {
namespace {

using kontor::testing::StatusIs;

constexpr ArimaOrder kAirline = {.d = 1, .q = 1, .seasonal_d = 1, .seasonal_q = 1, .season = 12};

double ValueAt(const std::vector<LagTerm>& terms, int lag) {
  for (const LagTerm& term : terms) {
    if (term.lag == lag) return term.value;
  }
  return 0;
}

// Golden: R's arima(log(AirPassengers), c(0,1,1), seasonal = c(0,1,1)).
TEST(Arima, FitsTheAirlineModelAsR) {
  KONTOR_ASSERT_OK_AND_ASSIGN(const ArimaModel model, ArimaModel::Fit(LogAirPassengers(), kAirline));
  EXPECT_NEAR(ValueAt(model.fit().arma.ma, 1), -.4018, 1e-4);
  EXPECT_NEAR(ValueAt(model.fit().arma.ma, 12), -.5569, 1e-4);
  EXPECT_NEAR(ValueAt(model.fit().arma.ma, 13), .4018 * .5569, 1e-4);
  EXPECT_NEAR(model.fit().log_likelihood, 244.7, .01);
  EXPECT_NEAR(model.fit().variance * 129 / 131, .001348, 2e-6);
}

// Golden: R's documentation of arima: lh, order (1,0,0) and (3,0,0).
TEST(Arima, FitsTheHormoneAsR) {
  KONTOR_ASSERT_OK_AND_ASSIGN(const ArimaModel one, ArimaModel::Fit(kHormone, {.p = 1, .constant = true}));
  EXPECT_NEAR(ValueAt(one.fit().arma.ar, 1), .5739, 1e-4);
  EXPECT_NEAR(one.fit().coefficients[0], 2.4133, 1e-4);
  EXPECT_NEAR(one.fit().log_likelihood, -29.38, .005);
  EXPECT_NEAR(one.fit().variance * 46 / 48, .1975, 1e-4);
  KONTOR_ASSERT_OK_AND_ASSIGN(const ArimaModel three, ArimaModel::Fit(kHormone, {.p = 3, .constant = true}));
  EXPECT_NEAR(ValueAt(three.fit().arma.ar, 1), .6448, 1e-4);
  EXPECT_NEAR(ValueAt(three.fit().arma.ar, 2), -.0634, 1e-4);
  EXPECT_NEAR(ValueAt(three.fit().arma.ar, 3), -.2198, 1e-4);
  EXPECT_NEAR(three.fit().coefficients[0], 2.3931, 1e-4);
  EXPECT_NEAR(three.fit().log_likelihood, -27.09, .005);
}

std::vector<Regressor> Years(int from, int count) {
  Regressor years{"year", {}};
  for (int i = 0; i < count; ++i) years.values.push_back(from - 1920 + i);
  return {years};
}

// Golden: R's documentation of arima: LakeHuron, order (2,0,0), xreg = time(LakeHuron) - 1920.
TEST(Arima, FitsLakeHuronOnItsYearsAsR) {
  KONTOR_ASSERT_OK_AND_ASSIGN(const ArimaModel model,
                              ArimaModel::Fit(kLakeHuron, {.p = 2, .constant = true}, Years(1875, 98)));
  EXPECT_NEAR(ValueAt(model.fit().arma.ar, 1), 1.0048, 1e-4);
  EXPECT_NEAR(ValueAt(model.fit().arma.ar, 2), -.2913, 1e-4);
  EXPECT_NEAR(model.fit().coefficients[0], 579.0993, 1e-3);
  EXPECT_NEAR(model.fit().coefficients[1], -.0216, 1e-4);
  EXPECT_NEAR(model.fit().log_likelihood, -101.2, .01);
  EXPECT_EQ(model.Describe(), "ARIMA(2,0,0) with mean on year");
  EXPECT_THAT(model.Predict(3), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(std::string(model.Predict(3, Years(1973, 2)).status().message()), ::testing::HasSubstr("'year'"));
  KONTOR_ASSERT_OK_AND_ASSIGN(const Prediction far, model.Predict(200, Years(1973, 200)));
  EXPECT_NEAR(far.mean[199], 579.0993 - .0216 * (2172 - 1920), .05);
}

// Golden: R's forecast package, auto.arima(lh) and Ljung-Box's airline model by its search.
TEST(ArimaSearch, FindsTheModelsOfTheTextbooks) {
  const std::vector<double> logs = LogAirPassengers();
  KONTOR_ASSERT_OK_AND_ASSIGN(const ArimaModel airline, ArimaModel::Search({logs, {12}}));
  EXPECT_EQ(airline.Describe(), "ARIMA(0,1,1)(0,1,1)[12]");
  KONTOR_ASSERT_OK_AND_ASSIGN(const ArimaModel hormone, ArimaModel::Search({kHormone, {}}));
  EXPECT_EQ(hormone.Describe(), "ARIMA(1,0,0) with mean");
}

TEST(Arima, ForecastsByTheDifferenceEquation) {
  const std::vector<double> logs = LogAirPassengers();
  KONTOR_ASSERT_OK_AND_ASSIGN(const ArimaModel model, ArimaModel::Fit(logs, kAirline));
  KONTOR_ASSERT_OK_AND_ASSIGN(const Prediction found, model.Predict(30));
  // Beyond the moving averages: y[t] = y[t-1] + y[t-12] - y[t-13].
  for (int h = 14; h < 30; ++h) {
    EXPECT_NEAR(found.mean[h], found.mean[h - 1] + found.mean[h - 12] - found.mean[h - 13], 1e-9) << h;
  }
  // R's predict(fit, 3): 6.110186, 6.053775, 6.171715; standard errors .03671562, .04278291, .04809072.
  EXPECT_NEAR(found.mean[0], 6.110186, 1e-4);
  EXPECT_NEAR(found.mean[1], 6.053775, 1e-4);
  EXPECT_NEAR(found.mean[2], 6.171715, 1e-4);
  const double ratio = 129.0 / 131;  // of R's variance to ours
  EXPECT_NEAR(std::sqrt(found.variance[0] * ratio), .0367156, 3e-5);
  EXPECT_NEAR(std::sqrt(found.variance[2] * ratio), .0480907, 3e-5);
}

TEST(Arima, UpdateIsTheFilterOfTheWholeSeries) {
  const std::vector<double> logs = LogAirPassengers();
  KONTOR_ASSERT_OK_AND_ASSIGN(const ArimaModel model, ArimaModel::Fit(Values(logs).first(120), kAirline));
  KONTOR_ASSERT_OK_AND_ASSIGN(const Prediction before, model.Predict(1));
  KONTOR_ASSERT_OK_AND_ASSIGN(const ArimaModel longer, model.Update(Values(logs).subspan(120)));
  EXPECT_EQ(longer.fitted().size(), logs.size());
  EXPECT_NEAR(longer.fitted()[120], before.mean[0], 1e-9);
  EXPECT_EQ(longer.fit().parameters, model.fit().parameters);
  EXPECT_THAT(model.Update({}), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(Arima, RecoversWhatMadeTheSeries) {
  base::Random random(11);
  std::vector<double> values = {0}, price;
  for (int t = 1; t < 1500; ++t) values.push_back(.7 * values.back() + random.Normal());
  for (double& value : values) {
    price.push_back(random.Normal());
    value += 40 - 3 * price.back();
  }
  KONTOR_ASSERT_OK_AND_ASSIGN(const ArimaModel model,
                              ArimaModel::Fit(values, {.p = 1, .constant = true}, {{"price", price}}));
  EXPECT_NEAR(ValueAt(model.fit().arma.ar, 1), .7, .05);
  EXPECT_NEAR(model.fit().coefficients[0], 40, .3);
  EXPECT_NEAR(model.fit().coefficients[1], -3, .1);
  EXPECT_NEAR(model.fit().variance, 1, .1);
}

TEST(Arima, ScalesAndShiftsWithTheSeries) {
  std::vector<double> moved = kLakeHuron;
  for (double& value : moved) value = 100 * value - 7;
  KONTOR_ASSERT_OK_AND_ASSIGN(const ArimaModel one, ArimaModel::Search({kLakeHuron, {}}));
  KONTOR_ASSERT_OK_AND_ASSIGN(const ArimaModel other, ArimaModel::Search({moved, {}}));
  EXPECT_EQ(one.Describe(), other.Describe());
  EXPECT_NEAR(other.Predict(5)->mean[4], 100 * one.Predict(5)->mean[4] - 7, 1e-3);
  EXPECT_NEAR(other.Predict(5)->variance[4] / one.Predict(5)->variance[4], 1e4, 1);
}

TEST(Arima, AnswersForWhatIsHardlyASeries) {
  const std::vector<double> one = {5}, two = {3, 4}, constant(40, 7), zeros(40, 0),
                            negative = {-3, -1, -4, -1, -5, -9, -2};
  std::vector<double> line(40), repeated(40);
  for (int t = 0; t < 40; ++t) line[t] = 2 * t, repeated[t] = t % 4;
  for (const auto& values : {one, two, constant, zeros, negative, line, repeated}) {
    KONTOR_ASSERT_OK_AND_ASSIGN(const auto model, AutoArimaMethod().fit({values, {4, 52}}));
    const Prediction found = model->Predict(9);
    for (int h = 0; h < 9; ++h) {
      EXPECT_TRUE(std::isfinite(found.mean[h]) && found.variance[h] >= 0) << model->Describe();
    }
  }
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto straight, AutoArimaMethod().fit({line, {}}));
  EXPECT_NEAR(straight->Predict(2).mean[1], 82, 1e-6);
}

TEST(Arima, RefusesWhatItCannotFit) {
  const std::vector<double> few = {1, 2, 3}, broken = {1, NAN};
  EXPECT_THAT(ArimaModel::Fit(few, {.p = -1}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ArimaModel::Fit(few, {.seasonal_p = 1}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ArimaModel::Fit(few, {.d = 2, .constant = true}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ArimaModel::Fit(few, {.seasonal_d = 1, .season = 12}), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(ArimaModel::Fit(broken, {}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ArimaModel::Fit(few, {}, {{"price", {1, 2}}}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ArimaModel::Search({{}, {}}), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace kontor::forecasting
