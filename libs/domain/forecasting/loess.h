#pragma once

#include <vector>

#include "libs/domain/forecasting/forecast.h"

namespace kontor::forecasting {

// Locally weighted regression over equally spaced points, as in the authors' STL (Cleveland et al. 1990).
struct Loess {
  int window = 3;  // points, odd
  int degree = 0;  // 0 or 1
  int jump = 1;    // every jump-th point is estimated, those between are interpolated

  // The estimate at position `at` (0 is the first value; may lie outside) from the values first..last with tricube
  // weights times `weights`, which may be empty. False where all weights are 0. `work` has room for the values.
  bool Estimate(Values values, Values weights, double at, int first, int last, std::vector<double>& work,
                double& estimate) const;

  // Into `smooth`, of the values' size; a point whose weights are all 0 keeps its value. Costs values × window / jump.
  void Smooth(Values values, Values weights, std::vector<double>& work, absl::Span<double> smooth) const;
};

// (1 - (r / b)²)² for b = 6 × the median of |residuals|, 0 beyond it; b = 6 × their mean where more than half of them
// are 0, and all 1 where all are.
std::vector<double> BisquareWeights(Values residuals);

}  // namespace kontor::forecasting
