#include "libs/domain/forecasting/backtest.h"

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/domain/forecasting/selection.h"
#include "libs/domain/forecasting/temporal_aggregation.h"
#include "libs/testing/status_matchers.h"

namespace kontor::forecasting {
namespace {

using kontor::testing::StatusIs;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Forecasts one number for all steps.
class FlatModel final : public FittedModel {
 public:
  FlatModel(double level, double variance, size_t observations)
      : level_(level), variance_(variance), fitted_(observations, level) {}
  Prediction Predict(int horizon) const override {
    Prediction result{std::vector<double>(horizon, level_), {}};
    if (variance_ > 0) result.variance.assign(horizon, variance_);
    return result;
  }
  Values fitted() const override { return fitted_; }
  std::string Describe() const override { return "flat"; }

 private:
  double level_, variance_;
  std::vector<double> fitted_;
};

Method LastValue(double plus = 0, double variance = 4) {
  return {"last", [=](const Series& series) -> absl::StatusOr<std::unique_ptr<FittedModel>> {
            if (series.values.size() < 2) return absl::FailedPreconditionError("too short");
            return std::make_unique<FlatModel>(series.values.back() + plus, variance, series.values.size());
          }};
}

Method Broken() {
  return {"broken", [](const Series&) -> absl::StatusOr<std::unique_ptr<FittedModel>> {
            return absl::FailedPreconditionError("never");
          }};
}

Method Mean() {
  return {"mean", [](const Series& series) -> absl::StatusOr<std::unique_ptr<FittedModel>> {
            double sum = 0;
            for (const double value : series.values) sum += value;
            const auto count = static_cast<double>(series.values.size());
            return std::make_unique<FlatModel>(sum / count, 9, series.values.size());
          }};
}

const std::vector<double> kRising = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};

TEST(Origins, AreTheLatestThatLeaveAHorizon) {
  EXPECT_THAT(*Origins(10, {2, 3, 2, 1}), ElementsAre(4, 6, 8));
  EXPECT_THAT(*Origins(10, {2, 9, 2, 5}), ElementsAre(6, 8));
  EXPECT_THAT(*Origins(10, {4, 3, 2, 1, true}), ElementsAre(5, 7, 9));
  EXPECT_THAT(Origins(3, {2, 1, 1, 2}), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(Origins(10, {0, 1, 1, 2}), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(Backtest, ComparesWhatCameWithWhatWasSaidBefore) {
  int calls = 0;
  KONTOR_ASSERT_OK_AND_ASSIGN(const Backtest found,
                              RunBacktest({kRising, {}}, LastValue(), {2, 2, 3, 2}, [&](int done, int total) {
                                EXPECT_EQ(done, ++calls);
                                EXPECT_EQ(total, 2);
                                return true;
                              }));
  ASSERT_EQ(found.folds.size(), 2u);
  EXPECT_EQ(found.folds[0].origin, 5);
  EXPECT_THAT(found.folds[0].forecast, ElementsAre(5, 5));
  EXPECT_THAT(found.folds[0].actual, ElementsAre(6, 7));
  EXPECT_THAT(found.folds[0].variance, ElementsAre(4, 4));
  const std::vector<StepErrors> steps = ErrorsByStep(found);
  EXPECT_NEAR(steps[1].mean_absolute, 2, 1e-12);
  EXPECT_NEAR(steps[1].root_mean_square, 2, 1e-12);
  EXPECT_NEAR(steps[1].bias, -2, 1e-12);
  EXPECT_EQ(steps[1].count, 2);
  EXPECT_NEAR(BacktestWape(found), 6.0 / (6 + 7 + 9 + 10), 1e-12);
  EXPECT_NEAR(BacktestMeanAbsoluteError(found), 1.5, 1e-12);
}

TEST(Backtest, PartialFoldsAreAsLongAsTheirActuals) {
  KONTOR_ASSERT_OK_AND_ASSIGN(const Backtest found, RunBacktest({kRising, {}}, LastValue(), {3, 2, 1, 2, true}));
  EXPECT_THAT(found.folds[0].actual, ElementsAre(9, 10));
  EXPECT_THAT(found.folds[1].forecast, ElementsAre(9));
  EXPECT_EQ(ErrorsByStep(found)[0].count, 2);
}

TEST(Backtest, StopsWhenAskedAndTellsFailures) {
  EXPECT_THAT(RunBacktest({kRising, {}}, LastValue(), {1, 3, 1, 2}, [](int, int) { return false; }),
              StatusIs(absl::StatusCode::kCancelled));
  EXPECT_THAT(RunBacktest({kRising, {}}, Broken(), {1, 3, 1, 2}), StatusIs(absl::StatusCode::kFailedPrecondition));
  KONTOR_ASSERT_OK_AND_ASSIGN(const Backtest part, RunBacktest({kRising, {}}, LastValue(), {8, 2, 1, 1}));
  EXPECT_EQ(part.folds.size(), 1u);
  EXPECT_EQ(part.failures.size(), 1u);
  EXPECT_THAT(RunBacktest({kRising, {}}, LastValue(NAN), {1, 1, 1, 2}),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  const std::vector<double> broken = {1, NAN, 2};
  EXPECT_THAT(RunBacktest({broken, {}}, LastValue(), {1, 1, 1, 1}), StatusIs(absl::StatusCode::kInvalidArgument));
}

Backtest WithErrors(std::vector<double> errors, int origin = 5) {
  Backtest backtest;
  backtest.folds.push_back({origin, std::vector<double>(errors.size()), {}, {}});
  for (const double error : errors) backtest.folds[0].forecast.push_back(-error);
  return backtest;
}

TEST(Select, WeighsByErrors) {
  const std::vector<Backtest> all = {WithErrors({1, -1, 1, -1}), WithErrors({2, 2, -2, -2}), {}};
  SelectionOptions options;
  options.min_errors = 4;
  options.power = 2;
  KONTOR_ASSERT_OK_AND_ASSIGN(const Selection inverse, Select(all, options));
  EXPECT_THAT(inverse.weights, ElementsAre(DoubleNear(0.8, 1e-12), DoubleNear(0.2, 1e-12), 0));
  EXPECT_TRUE(std::isnan(inverse.errors[2]));
  options.rule = SelectionRule::kSoftmax;
  EXPECT_NEAR(Select(all, options)->weights[1], std::exp(-3) / (1 + std::exp(-3)), 1e-12);
  options.rule = SelectionRule::kBest;
  EXPECT_THAT(Select(all, options)->weights, ElementsAre(1, 0, 0));
  options.min_errors = 5;
  EXPECT_THAT(Select(all, options)->weights, ElementsAre(0.5, 0.5, 0));
}

TEST(Select, LeastSquaresFindsTheBestMixture) {
  // Errors a and b with a'a = 4, b'b = 16, a'b = 0: the best weights are 16 / 20 and 4 / 20.
  const std::vector<Backtest> all = {WithErrors({1, -1, 1, -1}), WithErrors({2, 2, -2, -2}), WithErrors({9, 9, 9, 9})};
  SelectionOptions options;
  options.min_errors = 1;
  options.rule = SelectionRule::kLeastSquares;
  KONTOR_ASSERT_OK_AND_ASSIGN(const Selection found, Select(all, options));
  EXPECT_THAT(found.weights, ElementsAre(DoubleNear(0.8, 0.02), DoubleNear(0.2, 0.02), DoubleNear(0, 0.02)));
}

TEST(Select, TiesGoToTheSimplerAndOnlyCommonOriginsCount) {
  SelectionOptions options;
  options.min_errors = 1;
  options.rule = SelectionRule::kBest;
  EXPECT_EQ(Select(std::vector<Backtest>{WithErrors({1}), WithErrors({0.995})}, options)->best, 0);
  EXPECT_EQ(Select(std::vector<Backtest>{WithErrors({1}), WithErrors({0.9})}, options)->best, 1);
  Backtest lucky = WithErrors({9}, 5);
  lucky.folds.push_back(WithErrors({0}, 6).folds[0]);
  EXPECT_EQ(Select(std::vector<Backtest>{WithErrors({5}, 5), lucky}, options)->best, 0);
  EXPECT_THAT(Select({}, options), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Select(std::vector<Backtest>(2), options), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(Select(std::vector<Backtest>{WithErrors({0, 0}), WithErrors({1, 1})}, {})->weights[0], 0.5);
}

TEST(SelectedMethod, ForecastsTheWeightedMean) {
  SelectionOptions options;
  options.plan = {1, 8, 1, 2};
  options.power = 1;
  // Errors of one step: last 1, mean of the past 1.5 … 5; their mean absolute errors are 1 and 3.25.
  const Method method = SelectedMethod("chosen", {LastValue(), Mean(), Broken()}, options);
  KONTOR_ASSERT_OK_AND_ASSIGN(const std::unique_ptr<FittedModel> model, method.fit({kRising, {}}));
  const double weight = 3.25 / 4.25;
  const Prediction found = model->Predict(3);
  EXPECT_THAT(found.mean,
              ElementsAre(DoubleNear(10 * weight + 5.5 * (1 - weight), 1e-9), found.mean[0], found.mean[0]));
  EXPECT_NEAR(found.variance[0], std::pow(2 * weight + 3 * (1 - weight), 2), 1e-9);
  EXPECT_EQ(model->fitted().size(), 10u);
  EXPECT_EQ(model->Describe(), "0.76 flat + 0.24 flat");
}

TEST(SelectedMethod, ShortSeriesTakeWhatCanBeFitted) {
  const Method method = SelectedMethod("chosen", {Broken(), LastValue()}, {});
  const std::vector<double> two = {3, 4}, one = {3};
  KONTOR_ASSERT_OK_AND_ASSIGN(const std::unique_ptr<FittedModel> model, method.fit({two, {}}));
  EXPECT_THAT(model->Predict(1).mean, ElementsAre(4));
  EXPECT_THAT(method.fit({one, {}}), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(SelectedMethod("none", {}, {}).fit({two, {}}), StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST(Temporal, SumsCountFromTheEnd) {
  EXPECT_THAT(AggregationFactors(12), ElementsAre(1, 2, 3, 4, 6, 12));
  EXPECT_THAT(AggregationFactors(1), ElementsAre(1));
  EXPECT_THAT(AggregateInTime(kRising, 4), ElementsAre(3 + 4 + 5 + 6, 7 + 8 + 9 + 10));
  EXPECT_THAT(AggregateInTime(std::vector<double>{1, 2}, 3), IsEmpty());
}

TEST(Temporal, StructuralWeightsByHand) {
  // Two halves of 5 and 7, a year of 15: W = diag(2, 1, 1), the gap of 3 is shared as 3 × 1 / (2 + 1 + 1) on each half.
  KONTOR_ASSERT_OK_AND_ASSIGN(const std::vector<double> found,
                              ReconcileInTime(2, std::vector<TemporalForecast>{{1, {5, 7, 1, 1}}, {2, {15, 2}}}, true));
  EXPECT_THAT(found,
              ElementsAre(DoubleNear(5.75, 1e-9), DoubleNear(7.75, 1e-9), DoubleNear(1, 1e-9), DoubleNear(1, 1e-9)));
  // Known variances 1 and 6: on each half 3 / (6 + 1 + 1).
  KONTOR_ASSERT_OK_AND_ASSIGN(const std::vector<double> weighted,
                              ReconcileInTime(2, std::vector<TemporalForecast>{{2, {15}, 6}, {1, {5, 7}, 1}}, true));
  EXPECT_THAT(weighted, ElementsAre(DoubleNear(5.375, 1e-9), DoubleNear(7.375, 1e-9)));
  const auto invalid = absl::StatusCode::kInvalidArgument;
  EXPECT_THAT(ReconcileInTime(4, std::vector<TemporalForecast>{{3, {1, 1}}, {1, {1, 1, 1, 1}}}, true),
              StatusIs(invalid));
  EXPECT_THAT(ReconcileInTime(4, std::vector<TemporalForecast>{{2, {1, 1}}}, true), StatusIs(invalid));
  EXPECT_THAT(ReconcileInTime(4, std::vector<TemporalForecast>{{1, {1, 1, 1}}}, true), StatusIs(invalid));
  EXPECT_THAT(ReconcileInTime(2, std::vector<TemporalForecast>{{1, {1, NAN}}}, true), StatusIs(invalid));
}

TEST(Temporal, AMethodThatIsRightAtEveryLevelStaysAsItIs) {
  const std::vector<double> steady(30, 5);
  KONTOR_ASSERT_OK_AND_ASSIGN(const std::unique_ptr<FittedModel> model,
                              InTemporalHierarchy(LastValue()).fit({steady, {4}}));
  const Prediction found = model->Predict(6);
  ASSERT_EQ(found.mean.size(), 6u);
  for (const double value : found.mean) EXPECT_NEAR(value, 5, 1e-9);
  EXPECT_EQ(found.variance.size(), 6u);
  EXPECT_THAT(InTemporalHierarchy(Broken()).fit({steady, {4}}), StatusIs(absl::StatusCode::kFailedPrecondition));
}

}  // namespace
}  // namespace kontor::forecasting
