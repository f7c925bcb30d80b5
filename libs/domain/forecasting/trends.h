#pragma once

#include "absl/status/statusor.h"
#include "libs/domain/forecasting/forecast.h"

namespace kontor::forecasting {

// How values rise or fall from step to step.
struct TrendEstimate {
  double mean = 0;
  double slope = 0, low = 0, high = 0;  // a step; the bounds are those of the level asked for
  double p_value = 1;                   // two-sided: of so clear an order without a trend
};

// The median of the slopes between all pairs (Theil 1950, Sen 1968) with Sen's interval, and the test of Mann (1945)
// and Kendall with its variance for ties and continuity correction, for steps that are independent but for the trend.
// Values are finite. INVALID_ARGUMENT: fewer than 4 values, a level outside 0 to 1. O(n^2).
absl::StatusOr<TrendEstimate> EstimateTrend(Values values, double level = 0.95);

}  // namespace kontor::forecasting
