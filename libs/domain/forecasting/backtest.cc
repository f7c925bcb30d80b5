#include "libs/domain/forecasting/backtest.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "libs/base/status.h"
#include "libs/domain/forecasting/measures.h"

namespace kontor::forecasting {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

absl::StatusOr<BacktestFold> RunFold(const Series& series, const Method& method, int origin, int horizon) {
  const Series past{series.values.subspan(0, origin), series.seasons};
  ASSIGN_OR_RETURN(const std::unique_ptr<FittedModel> model, method.fit(past));
  Prediction prediction = model->Predict(horizon);
  const bool finite =
      std::all_of(prediction.mean.begin(), prediction.mean.end(), [](double f) { return std::isfinite(f); });
  if (!finite || prediction.mean.size() != static_cast<size_t>(horizon)) {
    return absl::FailedPreconditionError("the method made a forecast that is not finite");
  }
  const Values actual = series.values.subspan(origin, horizon);
  BacktestFold fold{origin, {actual.begin(), actual.end()}, std::move(prediction.mean), std::move(prediction.variance)};
  const double scale = NaiveScale(past.values, series.season());
  if (scale > 0) fold.scale = scale;
  return fold;
}

double Mean(double sum, int count) { return count > 0 ? sum / count : kNone; }

}  // namespace

absl::StatusOr<std::vector<int>> Origins(int observations, const BacktestPlan& plan) {
  if (plan.horizon < 1 || plan.origins < 1 || plan.step < 1 || plan.min_training < 1) {
    return absl::InvalidArgumentError("a backtest needs horizon, origins, step and training of at least 1");
  }
  std::vector<int> origins;
  for (int origin = observations - (plan.partial ? 1 : plan.horizon); origin >= plan.min_training;
       origin -= plan.step) {
    origins.push_back(origin);
    if (static_cast<int>(origins.size()) == plan.origins) break;
  }
  if (origins.empty()) return absl::FailedPreconditionError("the series is too short for a backtest");
  std::reverse(origins.begin(), origins.end());
  return origins;
}

absl::StatusOr<Backtest> RunBacktest(const Series& series, const Method& method, const BacktestPlan& plan,
                                     BacktestProgress progress) {
  RETURN_IF_ERROR(CheckSeries(series));
  const auto observations = static_cast<int>(series.values.size());
  ASSIGN_OR_RETURN(const std::vector<int> origins, Origins(observations, plan));
  Backtest result;
  int done = 0;
  for (const int origin : origins) {
    absl::StatusOr<BacktestFold> fold = RunFold(series, method, origin, std::min(plan.horizon, observations - origin));
    if (fold.ok()) {
      result.folds.push_back(*std::move(fold));
    } else {
      result.failures.push_back(fold.status());
    }
    if (!progress(++done, static_cast<int>(origins.size()))) return absl::CancelledError("the backtest was stopped");
  }
  if (result.folds.empty()) return result.failures.front();
  return result;
}

absl::StatusOr<Backtest> RunBacktest(const Series& series, const Method& method, const BacktestPlan& plan) {
  return RunBacktest(series, method, plan, [](int, int) { return true; });
}

std::vector<StepErrors> ErrorsByStep(const Backtest& backtest) {
  std::vector<StepErrors> steps;
  for (const BacktestFold& fold : backtest.folds) {
    if (steps.size() < fold.actual.size()) steps.resize(fold.actual.size());
    for (size_t h = 0; h < fold.actual.size(); ++h) {
      const double error = fold.forecast[h] - fold.actual[h];
      steps[h].mean_absolute += std::abs(error);
      steps[h].root_mean_square += error * error;
      steps[h].bias += error;
      ++steps[h].count;
    }
  }
  for (StepErrors& step : steps) {
    step.mean_absolute = Mean(step.mean_absolute, step.count);
    step.root_mean_square = std::sqrt(Mean(step.root_mean_square, step.count));
    step.bias = Mean(step.bias, step.count);
  }
  return steps;
}

double BacktestWape(const Backtest& backtest) {
  double error = 0, size = 0;
  for (const BacktestFold& fold : backtest.folds) {
    for (size_t h = 0; h < fold.actual.size(); ++h) {
      error += std::abs(fold.actual[h] - fold.forecast[h]);
      size += std::abs(fold.actual[h]);
    }
  }
  return size > 0 ? error / size : kNone;
}

double BacktestMeanAbsoluteError(const Backtest& backtest) {
  double sum = 0;
  int count = 0;
  for (const BacktestFold& fold : backtest.folds) {
    for (size_t h = 0; h < fold.actual.size(); ++h, ++count) sum += std::abs(fold.actual[h] - fold.forecast[h]);
  }
  return Mean(sum, count);
}

}  // namespace kontor::forecasting
