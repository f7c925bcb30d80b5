#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/domain/forecasting/backtest.h"
#include "libs/domain/forecasting/forecast.h"
#include "libs/domain/forecasting/intervals.h"

namespace kontor::forecasting {

struct AutomaticOptions {
  int horizon = 28;            // at least 1
  std::vector<double> levels;  // of the quantiles, within (0, 1), ascending
  std::string method;          // of methods.h, instead of the choice
  bool non_negative = true;    // demand: neither means nor quantiles are below 0
  bool thorough = true;        // exponential smoothing of every form among what is weighed: ten times the time
};

struct AutomaticForecast {
  std::string method, model;  // which was chosen and what it fitted: "combination", "ETS(A,N,A), DOTM"
  Prediction prediction;      // with a variance, as the backtests tell it
  QuantileForecast quantiles;
  std::vector<double> naive;                                 // seasonal naive
  double naive_scale = 0, squared_scale = 0;                 // of the past, at the main season; 0 where it is too short
  std::optional<double> backtest_wape, backtest_naive_wape;  // of the last steps of the past, where it is long enough
  std::vector<double> fitted;  // one-step forecasts of the past, one each; NaN for the first few
  Backtest backtest;           // that of backtest_wape; may be empty
};

// From any series to a forecast with calibrated quantiles. What is chosen:
//   nothing but zeros for three of its longest pauses and four weeks of steps: 0
//   fewer than 2 seasons, or 10 values: the mean of the last season's worth of values, shrunk towards the mean of all
//   intermittent or lumpy demand (intermittent.h): its methods by their backtests
//   else: a robust level of the last values, with a season shared out over it (recent_level.h), or a combination
//   weighed by backtests (selection.h) where that was better by a tenth on the past
// Demand is 0 at places of the season at which nothing came for 8 seasons (at least 4), where most others had some:
// days on which a shop is closed. Quantiles are the model's own, spread by the errors of the backtests. Always finite.
// Deterministic. INVALID_ARGUMENT: CheckSeries, horizon, levels. NOT_FOUND: an unknown method; FAILED_PRECONDITION only
// where `method` cannot be fitted.
absl::StatusOr<AutomaticForecast> ForecastAutomatically(const Series& series, const AutomaticOptions& options);

}  // namespace kontor::forecasting
