#include "libs/domain/forecasting/intervals.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/random.h"
#include "libs/domain/forecasting/measures.h"
#include "libs/testing/status_matchers.h"

namespace kontor::forecasting {
namespace {

using kontor::testing::StatusIs;
using ::testing::DoubleNear;
using ::testing::ElementsAre;

const std::vector<double> kLevels = {0.025, 0.1, 0.5, 0.9, 0.975};

// Errors of deviation `scale` × sqrt(step) of a method without variances, where a naive scale of `model` is known.
Backtest ErrorsOf(int folds, int steps, base::Random& random, double scale, double model, bool skewed) {
  Backtest backtest;
  for (int i = 0; i < folds; ++i) {
    BacktestFold fold{i + 10, {}, {}, {}, model};
    for (int h = 0; h < steps; ++h) {
      const double shape = skewed ? -std::log(1 - random.Uniform()) - 1 : random.Normal();
      fold.forecast.push_back(100);
      fold.actual.push_back(100 + scale * shape * std::sqrt(h + 1.0));
    }
    backtest.folds.push_back(std::move(fold));
  }
  return backtest;
}

TEST(NormalQuantiles, AreTheModelsVariance) {
  KONTOR_ASSERT_OK_AND_ASSIGN(const QuantileForecast found, NormalQuantiles({{10, 1}, {4, 4}}, kLevels, true));
  EXPECT_NEAR(found.values[0][4], 10 + 1.959963984540054 * 2, 1e-9);
  EXPECT_NEAR(found.values[0][1], 10 - 1.2815515655446004 * 2, 1e-9);
  EXPECT_EQ(found.values[1][0], 0);
  EXPECT_THAT(NormalQuantiles({{10}, {}}, kLevels, true), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(NormalQuantiles({{10}, {NAN}}, kLevels, true), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(NormalQuantiles({{10}, {1}}, {0.5, 0.5}, true), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(NormalQuantiles({{10}, {1}}, {}, true), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(BootstrapQuantiles, KeepsTheShapeAndGrowsWithTheVariances) {
  base::Random random(2);
  std::vector<double> residuals;
  for (int i = 0; i < 5000; ++i)
    residuals.push_back(-std::log(1 - random.Uniform()) - 1);  // exponential, mean 0, variance 1
  // A random walk: variances 1, 2, …; the first step is an exponential, the last nearly normal.
  Prediction walk;
  for (int h = 1; h <= 20; ++h) {
    walk.mean.push_back(50);
    walk.variance.push_back(h);
  }
  KONTOR_ASSERT_OK_AND_ASSIGN(const QuantileForecast found,
                              BootstrapQuantiles(walk, residuals, kLevels, {20000, 4}, true));
  EXPECT_NEAR(found.values[0][3], 50 - 1 + 2.302585, 0.1);
  EXPECT_NEAR(found.values[0][1], 50 - 1 + 0.105361, 0.05);
  const double deviation = std::sqrt(20);
  EXPECT_NEAR(found.values[19][3], 50 + 1.3015 * deviation, 0.2);  // a gamma of shape 20
  KONTOR_ASSERT_OK_AND_ASSIGN(const QuantileForecast again,
                              BootstrapQuantiles(walk, residuals, kLevels, {20000, 4}, true));
  EXPECT_EQ(found.values, again.values);
  EXPECT_THAT(BootstrapQuantiles(walk, Values(residuals).subspan(0, 9), kLevels, {}, true),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(BootstrapQuantiles(walk, residuals, kLevels, {0, 1}, true), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(ErrorQuantiles, PooledOverSeriesCoverWhatTheySay) {
  base::Random random(8);
  std::vector<ScaledErrors> set;
  for (int i = 0; i < 400; ++i) set.push_back(ScaleErrors(ErrorsOf(2, 6, random, 3 + i % 7, 3 + i % 7, true)));
  KONTOR_ASSERT_OK_AND_ASSIGN(const ErrorQuantiles learned, ErrorQuantiles::Pooled(set, kLevels, 0));
  std::vector<double> actual, lower, upper;
  for (int i = 0; i < 400; ++i) {
    const Backtest fresh = ErrorsOf(1, 6, random, 5, 5, true);
    const Prediction prediction{fresh.folds[0].forecast, {}};
    const QuantileForecast found = learned.Apply(prediction.mean, SpreadOf(prediction, 5), true);
    for (size_t h = 0; h < 6; ++h) {
      actual.push_back(fresh.folds[0].actual[h]);
      lower.push_back(found.values[h][1]);
      upper.push_back(found.values[h][3]);
    }
  }
  EXPECT_NEAR(Coverage(actual, lower, upper), 0.8, 0.02);
}

TEST(ErrorQuantiles, AloneLiesBetweenItsOwnAndNormal) {
  const Prediction flat{{0, 0}, {4, 9}};
  const ErrorQuantiles none = ErrorQuantiles::Alone({}, 2, kLevels);
  EXPECT_NEAR(none.Apply(flat.mean, SpreadOf(flat, 5), false).values[1][4], 3 * 1.959963984540054, 1e-9);
  // 200 errors, each 8 or -8 in units of the spread, weigh 200 / 230.
  ScaledErrors wide;
  wide.by_step.resize(1);
  for (int i = 0; i < 200; ++i) wide.by_step[0].push_back(i % 2 == 0 ? 8 : -8);
  const ErrorQuantiles alone = ErrorQuantiles::Alone(wide, 2, kLevels);
  const ErrorSpread spread = SpreadOf(flat, 2);
  EXPECT_NEAR(spread.mixed[0], 2, 1e-12);
  EXPECT_NEAR(spread.mixed[1], std::sqrt(3 * 2 * std::sqrt(2)), 1e-12);
  EXPECT_NEAR(alone.Apply(flat.mean, spread, false).values[0][3], 2 * (8 * 200 + 1.2815515655446004 * 30) / 230, 1e-9);
}

TEST(SpreadOf, FallsBackToWhatIsKnown) {
  const ErrorSpread no_variance = SpreadOf({{1, 1}, {}}, 3);
  EXPECT_THAT(no_variance.model, ElementsAre(3, 3 * std::sqrt(2)));
  EXPECT_THAT(no_variance.mixed, ElementsAre(DoubleNear(3, 1e-12), DoubleNear(3 * std::sqrt(2), 1e-12)));
  EXPECT_THAT(SpreadOf({{1}, {16}}, 0).mixed, ElementsAre(4));
  EXPECT_THAT(SpreadOf({{1}, {0}}, 0).mixed, ElementsAre(0));
  EXPECT_GT(SpreadOf({{1}, {0}}, 1).mixed[0], 0);  // a model that fits its past without error
}

TEST(ErrorQuantiles, MixedStretchesByTheSeriesOwnErrors) {
  base::Random random(21);
  std::vector<ScaledErrors> set;
  for (int i = 0; i < 500; ++i) set.push_back(ScaleErrors(ErrorsOf(1, 4, random, 1, 1, false)));
  KONTOR_ASSERT_OK_AND_ASSIGN(const ErrorQuantiles learned, ErrorQuantiles::Pooled(set, kLevels));
  const ScaledErrors wide = ScaleErrors(ErrorsOf(10, 4, random, 3, 1, false));
  const ErrorQuantiles mixed = ErrorQuantiles::Mixed(wide, learned, 40);
  EXPECT_NEAR(mixed.by_step()[0][3] / learned.by_step()[0][3], 2, 0.4);
  EXPECT_EQ(ErrorQuantiles::Mixed({}, learned, 40).by_step(), learned.by_step());
}

TEST(ErrorQuantiles, AreStoredAsATable) {
  const Prediction flat{{10, 10, 10}, {1, 4, 4}};
  KONTOR_ASSERT_OK_AND_ASSIGN(const ErrorQuantiles found, ErrorQuantiles::FromTable({0.1, 0.9}, {{-1, 1}, {-2, 3}}, 0));
  EXPECT_THAT(found.Apply(flat.mean, SpreadOf(flat, 0), true).values,
              ElementsAre(ElementsAre(9, 11), ElementsAre(6, 16), ElementsAre(6, 16)));
  KONTOR_ASSERT_OK_AND_ASSIGN(const ErrorQuantiles half, ErrorQuantiles::FromTable({0.1, 0.9}, {{-1, 1}}, 0.5));
  EXPECT_NEAR(half.Apply(flat.mean, SpreadOf(flat, 0), true).values[1][1], 10 + 2 * (1 + 1.2815515655446004) / 2, 1e-9);
  const auto invalid = absl::StatusCode::kInvalidArgument;
  EXPECT_THAT(ErrorQuantiles::FromTable({0.1, 0.9}, {}, 0), StatusIs(invalid));
  EXPECT_THAT(ErrorQuantiles::FromTable({0.1, 0.9}, {{1, -1}}, 0), StatusIs(invalid));
  EXPECT_THAT(ErrorQuantiles::FromTable({0.1, 0.9}, {{1}}, 0), StatusIs(invalid));
  EXPECT_THAT(ErrorQuantiles::FromTable({0.1, 0.9}, {{1, 2}}, 2), StatusIs(invalid));
}

TEST(ErrorQuantiles, OfASetAreCentred) {
  ScaledErrors errors;
  errors.by_step.resize(1);
  for (int i = 0; i < 101; ++i) errors.by_step[0].push_back(5 + (i - 50) * 0.1);  // about 5: a bias, which is left out
  KONTOR_ASSERT_OK_AND_ASSIGN(const ErrorQuantiles found, ErrorQuantiles::Pooled({errors}, kLevels));
  EXPECT_NEAR(found.by_step()[0][2], 0, 1e-9);
  EXPECT_NEAR(found.by_step()[0][3], 0.9 * 10.2 - 5.1, 1e-9);
  EXPECT_EQ(found.normal_share(), ErrorQuantiles::kNormalShare);
}

TEST(ErrorQuantiles, FewErrorsBorrowFromNeighbours) {
  ScaledErrors few;
  few.by_step.resize(6);
  for (int i = 0; i < 5; ++i) {
    for (size_t h = 0; h < 6; ++h) few.by_step[h].push_back(i - 2.0);
  }
  KONTOR_ASSERT_OK_AND_ASSIGN(const ErrorQuantiles found, ErrorQuantiles::Pooled({few}, kLevels));
  EXPECT_NEAR(found.by_step()[0][2], 0, 1e-12);
  few.by_step.resize(3);
  EXPECT_THAT(ErrorQuantiles::Pooled({few}, kLevels), StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST(MakeMonotone, PoolsNeighboursThatCross) {
  std::vector<double> row = {1, 4, 2, 3, 9};
  MakeMonotone(row, false);
  EXPECT_THAT(row, ElementsAre(1, 3, 3, 3, 9));
  row = {3, -4, 2};
  MakeMonotone(row, true);
  EXPECT_THAT(row, ElementsAre(0, 0, 2));
  base::Random random(1);
  for (int i = 0; i < 100; ++i) {
    std::vector<double> any(7);
    for (double& value : any) value = random.Normal();
    MakeMonotone(any, i % 2 == 0);
    EXPECT_TRUE(std::is_sorted(any.begin(), any.end()));
  }
}

TEST(InterpolateQuantile, ContinuesAlongTheNormalTail) {
  const std::vector<double> levels = {0.1, 0.5, 0.9}, values = {-1.2815515655446004, 0, 1.2815515655446004};
  EXPECT_NEAR(InterpolateQuantile(levels, values, 0.975), 1.959963984540054, 1e-9);
  EXPECT_NEAR(InterpolateQuantile(levels, values, 0.01), -2.3263478740408408, 1e-9);
  EXPECT_NEAR(InterpolateQuantile(levels, values, 0.7), 0.6407757827723, 1e-9);
  EXPECT_EQ(InterpolateQuantile({0.5}, {3}, 0.9), 3);
}

}  // namespace
}  // namespace kontor::forecasting
