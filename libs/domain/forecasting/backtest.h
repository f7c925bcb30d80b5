#pragma once

#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "libs/domain/forecasting/forecast.h"

// Rolling origin: forecasts from several points of the past, each by a model that saw only what came before (Tashman
// 2000).
namespace kontor::forecasting {

struct BacktestPlan {
  int horizon = 1;       // steps forecast from each origin, at least 1
  int origins = 3;       // at most so many, the latest ones; at least 1
  int step = 1;          // observations from one origin to the next, at least 1
  int min_training = 2;  // observations before an origin, at least 1
  bool partial = false;  // also origins after which fewer than `horizon` observations came, down to one
};

// How many observations come before each origin, ascending: the last origin has `horizon` observations after it (one
// where partial ones are asked for).
// INVALID_ARGUMENT: the plan is out of range. FAILED_PRECONDITION: the series is too short for one origin.
absl::StatusOr<std::vector<int>> Origins(int observations, const BacktestPlan& plan);

struct BacktestFold {
  int origin = 0;  // observations before it
  std::vector<double> actual, forecast;
  std::vector<double> variance;  // of the model; empty where it has none
  double scale = 0;              // NaiveScale of what came before, lag: its first season; 0 where there is none
};

struct Backtest {
  std::vector<BacktestFold> folds;     // of the origins that the method could fit
  std::vector<absl::Status> failures;  // of the others
};

// Called after each origin with how many are done of how many; false ends the run with CANCELLED.
using BacktestProgress = absl::FunctionRef<bool(int done, int total)>;

// Fits `method` anew at each origin. Fails as Origins and CheckSeries, or with the first failure where the method could
// fit nowhere; a forecast that is not finite counts as a failure of its origin.
absl::StatusOr<Backtest> RunBacktest(const Series& series, const Method& method, const BacktestPlan& plan,
                                     BacktestProgress progress);
absl::StatusOr<Backtest> RunBacktest(const Series& series, const Method& method, const BacktestPlan& plan);

// Means over the folds, NaN where a measure has no value.
struct StepErrors {
  double mean_absolute = 0, root_mean_square = 0, bias = 0;  // bias: mean of forecast - actual
  int count = 0;
};
// One for each step; `horizon` of the longest fold.
std::vector<StepErrors> ErrorsByStep(const Backtest& backtest);
// Sum |y - f| / sum |y| over all folds and steps; NaN where nothing was sold.
double BacktestWape(const Backtest& backtest);
double BacktestMeanAbsoluteError(const Backtest& backtest);

}  // namespace kontor::forecasting
