#pragma once

#include <cstddef>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/domain/forecasting/forecast.h"

namespace kontor::forecasting {

// A step that neither trend nor season explain.
struct Anomaly {
  size_t step = 0;
  double actual = 0, expected = 0;
  double low = 0, high = 0;  // what is usual
  double p_value = 0;        // how often a usual step is that far off, for normal remainders
};

// Remainders of a robust and stiff decomposition (mstl.h) beyond the two-sided normal bound for `false_alarm_rate`, of
// 0 to 1 exclusive; their scale is 1.4826 times the median absolute remainder, and where most of them are 0, 1.2533
// times the mean. In the order of steps. Where no value is below 0, what is expected and usual is not either.
// INVALID_ARGUMENT: CheckSeries, the rate. FAILED_PRECONDITION: as Mstl.
absl::StatusOr<std::vector<Anomaly>> FindAnomalies(const Series& series, double false_alarm_rate);

}  // namespace kontor::forecasting
