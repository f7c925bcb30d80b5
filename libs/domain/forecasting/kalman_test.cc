#include "libs/domain/forecasting/kalman.h"

#include <Eigen/Dense>
#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/random.h"
#include "libs/domain/forecasting/arma.h"

namespace kontor::forecasting {
namespace {

constexpr ArimaOrder kOrder = {.p = 2, .q = 1, .seasonal_p = 1, .seasonal_q = 1, .season = 4};
const std::vector<double> kPartials = {.6, -.3, .4, .5, -.7};

std::vector<double> Noise(int count) {
  base::Random random(3);
  std::vector<double> values;
  for (int i = 0; i < count; ++i) values.push_back(random.Normal());
  return values;
}

TEST(Arma, MultipliesTheSeasonsOut) {
  // (1 - .3 B)(1 - .5 B^4) w = (1 - .4 B)(1 + .2 B^4) e
  const Arma arma = MakeArma({.p = 1, .q = 1, .seasonal_p = 1, .seasonal_q = 1, .season = 4}, {.3, .4, .5, -.2});
  ASSERT_EQ(arma.ar.size(), 3);
  EXPECT_EQ(arma.ar[2].lag, 5);
  EXPECT_NEAR(arma.ar[0].value, .3, 1e-12);
  EXPECT_NEAR(arma.ar[1].value, .5, 1e-12);
  EXPECT_NEAR(arma.ar[2].value, -.15, 1e-12);
  EXPECT_NEAR(arma.ma[0].value, -.4, 1e-12);
  EXPECT_NEAR(arma.ma[1].value, .2, 1e-12);
  EXPECT_NEAR(arma.ma[2].value, -.08, 1e-12);
}

TEST(Arma, PartialsGiveStationaryModels) {
  // Order 2: phi_2 = k_2, phi_1 = k_1 (1 - k_2).
  const std::vector<double> two = FromPartials({.6, -.3});
  EXPECT_NEAR(two[0], .6 * 1.3, 1e-12);
  EXPECT_NEAR(two[1], -.3, 1e-12);
  EXPECT_TRUE(RootsBeyond({.5}, 1.9));
  EXPECT_FALSE(RootsBeyond({.5}, 2.1));
  EXPECT_FALSE(RootsBeyond({1.5, -.5}, 1));  // a root of 1
}

TEST(Arma, AutocovariancesAreSumsOfPsiWeights) {
  const Arma arma = MakeArma(kOrder, kPartials);
  const std::vector<double> found = Autocovariances(arma, 12), psi = PsiWeights(arma, 2000);
  for (int lag = 0; lag <= 12; ++lag) {
    double sum = 0;
    for (size_t i = 0; i + lag < psi.size(); ++i) sum += psi[i] * psi[i + lag];
    EXPECT_NEAR(found[lag], sum, 1e-9 * found[0]) << lag;
  }
  EXPECT_TRUE(Autocovariances({{{1, 1.0}}, {}}, 3).empty());
}

// The density of the same values by their covariance matrix.
TEST(ArmaFilter, HasTheExactLikelihood) {
  const Arma arma = MakeArma(kOrder, kPartials);
  const int count = 60;
  const std::vector<double> values = Noise(count);
  const std::vector<double> covariances = Autocovariances(arma, count);
  Eigen::MatrixXd matrix(count, count);
  for (int i = 0; i < count; ++i) {
    for (int j = 0; j < count; ++j) matrix(i, j) = covariances[std::abs(i - j)];
  }
  const Eigen::LLT<Eigen::MatrixXd> root(matrix);
  const Eigen::VectorXd whitened = root.matrixL().solve(Eigen::Map<const Eigen::VectorXd>(values.data(), count));
  ArmaFilter filter;
  ASSERT_TRUE(filter.Run(arma, ArmaFilter::Start::kStationary, {Values(values)}));
  double determinant = 0;
  for (int t = 0; t < count; ++t) {
    determinant += 2 * std::log(root.matrixLLT()(t, t));
    EXPECT_NEAR(filter.whitened(0)[t], whitened[t], 1e-6) << t;
    EXPECT_NEAR(filter.Innovations(0)[t], whitened[t] * root.matrixLLT()(t, t), 1e-6) << t;
  }
  EXPECT_NEAR(filter.log_determinant(), determinant, 1e-6);
}

// What the covariances say of the next values.
TEST(ArmaFilter, ForecastsTheConditionalMean) {
  const Arma arma = MakeArma(kOrder, kPartials);
  const int count = 40, horizon = 12;
  const std::vector<double> values = Noise(count), covariances = Autocovariances(arma, count + horizon);
  Eigen::MatrixXd matrix(count, count), across(horizon, count);
  for (int i = 0; i < count; ++i) {
    for (int j = 0; j < count; ++j) matrix(i, j) = covariances[std::abs(i - j)];
    for (int h = 0; h < horizon; ++h) across(h, i) = covariances[count + h - i];
  }
  const Eigen::VectorXd expected =
      across * matrix.llt().solve(Eigen::Map<const Eigen::VectorXd>(values.data(), count)).eval();
  ArmaFilter filter;
  ASSERT_TRUE(filter.Run(arma, ArmaFilter::Start::kStationary, {Values(values)}));
  const std::vector<double> found = ForecastFrom(arma, filter.State(0), horizon);
  for (int h = 0; h < horizon; ++h) EXPECT_NEAR(found[h], expected[h], 1e-6) << h;
}

TEST(ArmaFilter, ConditionalInnovationsAreTheRecursion) {
  const Arma arma = MakeArma({.p = 1, .q = 1}, {.5, -.3});
  const std::vector<double> values = Noise(20);
  ArmaFilter filter;
  ASSERT_TRUE(filter.Run(arma, ArmaFilter::Start::kConditional, {Values(values)}));
  double error = 0, before = 0;
  for (size_t t = 0; t < values.size(); ++t) {
    error = values[t] - .5 * before - .3 * error;
    before = values[t];
    EXPECT_NEAR(filter.whitened(0)[t], error, 1e-12);
  }
  EXPECT_EQ(filter.log_determinant(), 0);
  EXPECT_FALSE(filter.Run({{{1, 1.0}}, {}}, ArmaFilter::Start::kStationary, {Values(values)}));
}

}  // namespace
}  // namespace kontor::forecasting
