#include "libs/domain/forecasting/intermittent.h"

#include <cmath>
#include <numeric>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/random.h"
#include "libs/domain/forecasting/intermittent_pool.h"
#include "libs/domain/forecasting/intermittent_sum.h"
#include "libs/testing/status_matchers.h"

namespace kontor::forecasting {
namespace {

using kontor::testing::StatusIs;

const std::vector<double> kDemand = {0, 2, 0, 1, 0, 11, 0, 0, 0, 0, 2, 0, 6, 3, 0, 0, 0, 0,
                                     0, 7, 0, 0, 0, 0,  0, 0, 0, 3, 1, 0, 0, 1, 0, 1, 0, 0};

std::vector<Method> All() {
  return {CrostonMethod(), CrostonOptimisedMethod(), SbaMethod(), TsbMethod(), SmoothedDemandMethod(), AdidaMethod(),
          ImapaMethod(),   IntermittentMethod()};
}

// Golden: statsforecast 2.1.1.
TEST(Intermittent, IsWhatOthersCompute) {
  const struct {
    Method method;
    double rate, fitted, tolerance;
  } kCases[] = {{CrostonMethod(), .9845965213577743, 1.186521739130435, 1e-12},
                {CrostonOptimisedMethod(), .9816594891058961, NAN, 1e-4},
                {SbaMethod(), .9353666952898856, 1.1271956521739133, 1e-12},
                {TsbMethod(), .8040651022589765, .6032690968122902, 1e-12},
                {SmoothedDemandMethod(), .6906981514851195, .6350297495997334, 1e-4},
                {AdidaMethod(), .8299796574332342, NAN, 1e-4},
                {ImapaMethod(), .755246483627302, NAN, 1e-4}};
  for (const auto& c : kCases) {
    KONTOR_ASSERT_OK_AND_ASSIGN(const auto model, c.method.fit({kDemand, {}}));
    EXPECT_THAT(model->Predict(2).mean, ::testing::Each(::testing::DoubleNear(c.rate, c.tolerance))) << c.method.name;
    if (!std::isnan(c.fitted)) {
      EXPECT_NEAR(model->fitted()[12], c.fitted, c.tolerance) << c.method.name;
    }
    EXPECT_EQ(model->fitted().size(), kDemand.size());
  }
}

TEST(Intermittent, ScalesWithTheDemand) {
  std::vector<double> tenfold = kDemand;
  for (double& value : tenfold) value *= 10;
  for (const Method& method : All()) {
    KONTOR_ASSERT_OK_AND_ASSIGN(const auto small, method.fit({kDemand, {}}));
    KONTOR_ASSERT_OK_AND_ASSIGN(const auto large, method.fit({tenfold, {}}));
    EXPECT_NEAR(large->Predict(1).mean[0], 10 * small->Predict(1).mean[0], 1e-9) << method.name;
  }
}

TEST(Intermittent, FollowsAConstantAndKnowsNothingElse) {
  const std::vector<double> constant(30, 4), zeros(30, 0), two = {0, 3}, one = {5};
  for (const Method& method : All()) {
    KONTOR_ASSERT_OK_AND_ASSIGN(const auto model, method.fit({constant, {}}));
    EXPECT_NEAR(model->Predict(1).mean[0], method.name == "sba" ? 3.8 : 4, 1e-12) << method.name;
    KONTOR_ASSERT_OK_AND_ASSIGN(const auto nothing, method.fit({zeros, {}}));
    EXPECT_THAT(nothing->Predict(3).mean, ::testing::Each(0)) << method.name;
    for (const std::vector<double>& few : {two, one}) {
      KONTOR_ASSERT_OK_AND_ASSIGN(const auto short_model, method.fit({few, {12}}));
      EXPECT_TRUE(std::isfinite(short_model->Predict(1).mean[0])) << method.name;
    }
  }
}

TEST(Intermittent, RefusesWhatIsNoDemand) {
  const std::vector<double> negative = {1, -1, 2}, broken = {1, NAN};
  for (const Method& method : All()) {
    EXPECT_THAT(method.fit({negative, {}}), StatusIs(absl::StatusCode::kFailedPrecondition));
    EXPECT_THAT(method.fit({broken, {}}), StatusIs(absl::StatusCode::kInvalidArgument));
    EXPECT_THAT(method.fit({{}, {}}), StatusIs(absl::StatusCode::kInvalidArgument));
  }
}

TEST(ProfileOf, ClassifiesAsSyntetosBoylanAndCroston) {
  EXPECT_EQ(ProfileOf({0, 0}).kind, DemandKind::kNone);
  EXPECT_EQ(ProfileOf({5, 6, 5, 4}).kind, DemandKind::kSmooth);
  EXPECT_EQ(ProfileOf({1, 30, 2, 1}).kind, DemandKind::kErratic);
  EXPECT_EQ(ProfileOf({0, 5, 0, 6, 0, 5}).kind, DemandKind::kIntermittent);
  EXPECT_EQ(ProfileOf(kDemand).kind, DemandKind::kLumpy);
  EXPECT_NEAR(ProfileOf({0, 5, 0, 6, 0, 5}).interval, 2, 1e-12);
  EXPECT_NEAR(ProfileOf({2, 4, 0}).variation, 1.0 / 9, 1e-12);
}

TEST(SumOverSteps, CountsTheDemandAndTheLevel) {
  // Levels before: 2, 2, 1.8; squared distances 0, 4, .04.
  const DemandSum sum = SumOverSteps({2, 2, 0, 2}, 1.5, 3);
  EXPECT_NEAR(sum.mean, 4.5, 1e-12);
  EXPECT_NEAR(sum.variance, std::max(4.5, 4.04 / 3 * (3 + 9 * .1 / 1.9)), 1e-12);
  EXPECT_NEAR(SumOverSteps({20, 20, 0, 20}, 15, 3).variance, 404.0 / 3 * (3 + 9 * .1 / 1.9), 1e-9);
  EXPECT_NEAR(SumOverSteps({7}, 7, 2).variance, 14, 1e-12);
}

// 300 series of Poisson demand whose rates differ and fall by a tenth each window of six.
std::vector<std::vector<double>> Falling() {
  base::Random random(7);
  std::vector<std::vector<double>> all;
  for (int i = 0; i < 300; ++i) {
    std::vector<double> values;
    for (int t = 0; t < 48; ++t) {
      const double rate = (.2 + 2 * (i % 10) / 10.0) * std::pow(.9, t / 6);
      double count = -1;
      for (double product = 1; product > std::exp(-rate); ++count) product *= random.Uniform();
      values.push_back(count);
    }
    all.push_back(values);
  }
  return all;
}

TEST(DemandPool, LearnsThatDemandOfTheKindFalls) {
  const auto all = Falling();
  std::vector<Values> past;
  double expected = 0, actual = 0, smoothed = 0;
  for (const auto& values : all) past.push_back(Values(values).first(42));
  KONTOR_ASSERT_OK_AND_ASSIGN(const DemandPool pool, DemandPool::Learn(past, 6));
  EXPECT_LT(pool.level(), .95);
  for (size_t i = 0; i < all.size(); ++i) {
    expected += pool.Sum(past[i], 6).mean;
    actual += std::accumulate(all[i].end() - 6, all[i].end(), 0.0);
    KONTOR_ASSERT_OK_AND_ASSIGN(const auto model, SmoothedDemandMethod().fit({past[i], {}}));
    smoothed += 6 * model->Predict(1).mean[0];
  }
  EXPECT_LT(std::abs(expected / actual - 1), .05);
  EXPECT_GT(smoothed / actual - 1, .05);
  EXPECT_LT(pool.dispersion(), .3);  // the sums are nearly Poisson
}

TEST(DemandPool, RefusesTooLittle) {
  const std::vector<double> few = {1, 0, 2}, negative = {1, -1, 2, 3};
  EXPECT_THAT(DemandPool::Learn({few}, 2), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(DemandPool::Learn({}, 2), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(DemandPool::Learn({negative}, 2), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(DemandPool::Learn({few}, 0), StatusIs(absl::StatusCode::kInvalidArgument));
  const std::vector<double> zeros(12, 0);
  KONTOR_ASSERT_OK_AND_ASSIGN(const DemandPool pool, DemandPool::Learn({zeros}, 2));
  EXPECT_EQ(pool.Sum(zeros, 2).mean, 0);
}

}  // namespace
}  // namespace kontor::forecasting
