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

}  // namespace
}  // namespace kontor::forecasting
