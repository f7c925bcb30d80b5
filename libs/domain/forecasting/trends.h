#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "libs/domain/forecasting/forecast.h"

namespace kontor::forecasting {

enum class TrendDirection { kNone, kUp, kDown };

struct TrendReport {
  TrendDirection direction = TrendDirection::kNone;  // kNone where the slope is not significant at 5%
  double slope = 0;                                  // a step
  double slope_low = 0, slope_high = 0;              // 95%
  double p_value = 1;
  std::optional<double> yearly_growth;  // sum of the last year / sum of the year before - 1
};

// The trend of the seasonally adjusted series (mstl.h): Sen's slope, the median over all pairs, with its interval (Sen
// 1968), and the test of Mann (1945) and Kendall with the correction of its variance for autocorrelation of Hamed and
// Rao (1998, lags significant at 5% up to a quarter of the series). Of the last 2,000 values at most; costs O(n²).
// `year`: steps of a year, 0 for none; growth needs two years and a year before with a sum above 0.
// INVALID_ARGUMENT: a bad series. FAILED_PRECONDITION: fewer than 4 values.
absl::StatusOr<TrendReport> ReportTrend(const Series& series, int year);

}  // namespace kontor::forecasting
