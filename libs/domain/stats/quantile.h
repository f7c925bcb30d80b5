#pragma once

#include <vector>

namespace kontor::stats {

// The sample quantile of type 7 of Hyndman and Fan 1996 ("Sample quantiles in statistical packages"), the default of R
// and numpy: linear interpolation at position (n - 1) * p of the sorted values. p within 0 and 1, values without NaN.
// NaN when empty.
double Quantile(std::vector<double> values, double p);

}  // namespace kontor::stats
