#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "libs/domain/forecasting/forecast.h"

namespace kontor::forecasting {

struct Anomaly {
  size_t at = 0;  // of the series' values
  double value = 0;
  double expected = 0;       // trend and seasons
  double low = 0, high = 0;  // outside is an anomaly
  double p_value = 0;        // of a distance like this or larger to either side, if the remainder is normal
  bool above = false;
};

struct AnomalyOptions {
  // Share of ordinary steps that may be told as anomalies, within (0, .5).
  double false_alarms = .001;
};

// Values too far from a robust decomposition (mstl.h), by the remainder's median absolute deviation × 1.4826; in
// logarithms where all values are above 0, so that the range grows with the level. By time. INVALID_ARGUMENT: a bad
// series or option. FAILED_PRECONDITION: fewer than 8 values.
absl::StatusOr<std::vector<Anomaly>> DetectAnomalies(const Series& series, const AnomalyOptions& options = {});

}  // namespace kontor::forecasting
