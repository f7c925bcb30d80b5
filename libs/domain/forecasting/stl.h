#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "libs/domain/forecasting/forecast.h"

namespace kontor::forecasting {

// values = trend + the sum of the seasonal parts + remainder, each of the series' length.
struct Decomposition {
  std::vector<double> trend;
  std::vector<std::vector<double>> seasonal;  // one a season, in the series' order
  std::vector<double> remainder;
  std::vector<double> weights;  // robustness, from 0 (an outlier) to 1; all 1 where not asked for
};

struct StlOptions {
  int season_window = 11;  // cycles that the seasonal loess spans; odd, from 3 on
  int season_degree = 0;   // of the seasonal loess: 0 or 1
  int trend_window =
      0;  // observations that the trend loess spans; odd, from 3 on; 0: the smallest that the paper allows
  bool robust = false;  // 15 rounds of bisquare weights with one inner pass, instead of two passes without
};

// Seasonal and trend decomposition by loess (Cleveland, Cleveland, McRae and Terpenning 1990), with the windows,
// degrees and jumps (a tenth of each window, linear between) of R's stl: the figures are those of the authors' Fortran.
// Costs O(n) a pass. INVALID_ARGUMENT: a bad series, season or window. FAILED_PRECONDITION: less than two seasons of
// values.
absl::StatusOr<Decomposition> Stl(Values values, int season, const StlOptions& options);

}  // namespace kontor::forecasting
