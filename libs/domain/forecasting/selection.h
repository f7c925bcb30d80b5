#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/domain/forecasting/backtest.h"
#include "libs/domain/forecasting/forecast.h"

// Which methods to trust for one series, by its backtests.
namespace kontor::forecasting {

enum class SelectionRule {
  kBest,          // the least error alone
  kInverseError,  // weights by 1 / error^power (Bates and Granger 1969)
  kSoftmax,       // by exp(-error / the least error × 3)
  kLeastSquares,  // weights >= 0, sum one, that would have forecast the backtests best (Granger and Ramanathan 1984)
};

struct SelectionOptions {
  SelectionRule rule = SelectionRule::kInverseError;
  BacktestPlan plan = {4, 4, 1, 8};
  double power = 4;  // of kInverseError, > 0; chosen on origins within the training part of M4's hourly series
  // With fewer forecasts than this in the backtests the data do not tell: all candidates that can be fitted count
  // alike.
  int min_errors = 8;
  // A later candidate is the best only where its error is below an earlier one's by this share.
  double tie = 0.01;
};

struct Selection {
  std::vector<double> weights;  // one for each candidate, >= 0, sum 1
  std::vector<double> errors;   // mean absolute error of each backtest; NaN where it has none
  int best = 0;                 // the candidate with the least error, ties to the earlier
  std::string reason;           // one sentence
};

// `backtests` of the candidates in order from the simplest to the most complex; an empty one (no folds) is a candidate
// that could not be fitted and has no weight. Errors are compared over the origins that all the others have.
// INVALID_ARGUMENT: no candidates. FAILED_PRECONDITION: none could be fitted.
absl::StatusOr<Selection> Select(absl::Span<const Backtest> backtests, const SelectionOptions& options);

// A method that backtests the candidates (the simplest first), weighs them, fits those with weight on the whole series
// and forecasts their weighted mean. Variances are those of the weighted models' mean with errors fully correlated (the
// square of the weighted standard deviations); none where one of them has none. A series too short for a backtest:
// equal weights of the candidates that can be fitted. Thread-safe where the candidates are.
Method SelectedMethod(std::string name, std::vector<Method> candidates, SelectionOptions options);

}  // namespace kontor::forecasting
