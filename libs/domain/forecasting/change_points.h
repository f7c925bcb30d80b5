#pragma once

#include <cstddef>
#include <vector>

#include "libs/domain/forecasting/forecast.h"

namespace kontor::forecasting {

// From a step on the level is another one.
struct ChangePoint {
  size_t step = 0;               // the first of the new level
  double before = 0, after = 0;  // means of the segments on either side
};

struct ChangePointOptions {
  size_t min_segment = 7;  // steps, at least 1
  // A change is worth it where it lowers the sum of squares by more than this many variances × the logarithm of the
  // number of steps; 3 is the modified Bayesian criterion (Zhang and Siegmund 2007).
  double penalty = 3;
};

// Changes of the mean, exactly the ones that minimise the penalised sum of squares (PELT; Killick, Fearnhead and Eckley
// 2012). The variance is that of differences of neighbours, by their median absolute value, and raised for errors that
// follow each other (first-order autocorrelation of what a running median leaves). Take seasons out before. Values are
// finite; empty for fewer than two segments of them. Mostly linear in their number.
std::vector<ChangePoint> FindChangePoints(Values values, const ChangePointOptions& options);

}  // namespace kontor::forecasting
