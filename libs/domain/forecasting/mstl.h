#pragma once

#include "libs/domain/forecasting/stl.h"

namespace kontor::forecasting {

struct MstlOptions {
  int season_degree = 0;
  bool robust = false;
  // Of each season's loess, in cycles, and of the trend's, in shortest seasons; 0: the paper's. Wider ones leave more
  // to the remainder, as finding what is unusual needs it.
  int season_window = 0, trend_seasons = 0;
};

// Decomposition with several seasons (Bandara, Hyndman and Bergmeir 2021): two rounds in which each season in turn is
// taken by STL from what the others leave, the k-th with a window of 7 + 4 k cycles, the trend from the last. A season
// of more than half the values is left out: `seasonal` then has zeros for it. Without a season that fits, the trend is
// a loess over a third of the values (at least 7). Errors as Stl's, but for short series.
absl::StatusOr<Decomposition> Mstl(const Series& series, const MstlOptions& options);

}  // namespace kontor::forecasting
