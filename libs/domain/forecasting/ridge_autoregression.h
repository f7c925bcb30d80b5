#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/domain/forecasting/forecast.h"

namespace kontor::forecasting {

// A value as a linear function of values before it, of the means of the last season of each length, and of its place in
// the shortest season; by ridge regression (Hoerl and Kennard 1970) on the standardised series.
struct RidgeAutoregressionOptions {
  bool logarithm = false;  // of values that are all above 0; of others the values themselves
  double penalty = 1;      // on every coefficient's squared distance from its prior, in standardised units
  std::vector<int> lags;   // ascending, at least 1
  std::vector<std::pair<int, double>> priors;  // lag, coefficient; 0 for the others
};

// Lags that leave fewer than five rows for a column are left out, the longest first. Forecasts are fed back as lags and
// end at the highest value that was seen and a fifth of the range beyond it, and at the lowest. No variance formula.
// FAILED_PRECONDITION: fewer than five rows for a column with a single lag. Cost: rows × columns^2 / 2.
absl::StatusOr<std::unique_ptr<FittedModel>> FitRidgeAutoregression(const Series& series,
                                                                    const RidgeAutoregressionOptions& options);

// Lags around whole seasons, for series with one or two of them (24 and 168 hours; 7 days). FAILED_PRECONDITION without
// a season.
//   "autoregression_log"   in logarithms, two lags to each side of whole seasons
//   "autoregression"       few lags, values themselves
//   "autoregression_wide"  in logarithms, every lag of the shortest season, drawn towards the mean of the same places
std::vector<Method> RidgeAutoregressionMethods();

}  // namespace kontor::forecasting
