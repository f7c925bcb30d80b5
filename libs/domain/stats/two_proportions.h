#pragma once

#include <cstdint>

namespace kontor::stats {

// The difference of two proportions in standard errors, k1/n1 - k2/n2 over their pooled error (Fleiss, Levin, Paik
// 2003, Statistical Methods for Rates and Proportions, chapter 3, without correction for continuity):
//   p = (k1 + k2) / (n1 + n2),  z = (k1/n1 - k2/n2) / sqrt(p (1 - p) (1/n1 + 1/n2)).
// 0 without trials on a side, and where both are all successes or none. 0 <= k <= n.
double TwoProportionZ(int64_t successes1, int64_t trials1, int64_t successes2, int64_t trials2);

}  // namespace kontor::stats
