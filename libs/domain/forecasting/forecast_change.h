#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "libs/domain/forecasting/forecast.h"

// Why a forecast changed from one run to the next.
namespace kontor::forecasting {

// Forecasts of the same future steps (at least one), each with one thing more changed than the one before; all of one
// length and finite. Where a thing did not change, give the same forecast again.
struct ForecastSteps {
  Values before;           // the older run
  Values with_new_data;    // its model and its cleaning, with the data of the newer run
  Values with_cleaning;    // and the newer run's cleaning of all data
  Values with_regressors;  // and the newer run's prices, promotions, calendar
  Values after;            // and the newer run's model: the newer run
};

// Parts of each step's change; level + trend + season + other + cleaning + regressors + model is after - before up to
// rounding (1e-9 of the larger).
struct ForecastChange {
  std::vector<double> level;   // of new data: one number for all steps
  std::vector<double> trend;   // a straight line from 0 at the first step on
  std::vector<double> season;  // repeats each season, with sum 0 over one
  std::vector<double> other;   // what is left of new data's effect
  std::vector<double> cleaning, regressors, model;
  double total_before = 0, total_after = 0;  // sums over the steps
};

// `season` in steps; 1: none. The effect of new data is split by least squares: a line, and means of each place of the
// season where at least one whole season of steps is there. INVALID_ARGUMENT: sizes, values, or a season below 1.
absl::StatusOr<ForecastChange> ExplainChange(const ForecastSteps& steps, int season);

}  // namespace kontor::forecasting
