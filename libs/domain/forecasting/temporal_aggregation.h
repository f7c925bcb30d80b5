#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "libs/domain/forecasting/forecast.h"

// Temporal hierarchies (Athanasopoulos, Hyndman, Kourentzes, Petropoulos 2017): one series summed over 1, …, season
// observations, each sum forecast on its own, all made to agree.
namespace kontor::forecasting {

// The divisors of the season, ascending, 1 and the season among them. `season` at least 1.
std::vector<int> AggregationFactors(int season);

// Sums of `factor` observations at a time; the oldest that do not fill a sum are left out. `factor` at least 1.
std::vector<double> AggregateInTime(Values values, int factor);

struct TemporalForecast {
  int factor = 1;
  std::vector<double> mean;   // of the next sums of `factor` observations
  double error_variance = 0;  // of one step; 0: not known
};

// The forecasts reconciled and given back for factor 1: one value for each observation of the whole seasons that all
// forecasts cover. Weights are the error variances (series scaling) where all are known, else structural: in proportion
// to the factor. INVALID_ARGUMENT: factor 1 is missing, a factor is no divisor of the season or there twice, a forecast
// is shorter than a season or not finite.
absl::StatusOr<std::vector<double>> ReconcileInTime(int season, absl::Span<const TemporalForecast> levels,
                                                    bool non_negative);

// A method that fits `inner` to the sums by every factor of the series' first season (where there are two seasons, and
// `inner` can be fitted) and reconciles what it predicts, without negative values where the series has none. Fitted
// values and variances are those of factor 1. Without a season it is `inner`.
Method InTemporalHierarchy(Method inner);

}  // namespace kontor::forecasting
