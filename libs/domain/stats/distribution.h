#pragma once

#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace kontor::stats {

// How unequally a total is shared (Gini 1912): with n amounts in ascending order,
//   G = sum over i of (2 i - n - 1) x_i / (n sum over i of x_i),
// 0 where all are alike, (n - 1) / n where one has everything. 0 for no amounts or nothing to share. Amounts >= 0.
double Gini(std::vector<int64_t> amounts);

// The population stability index of two distributions over the same classes (Siddiqi 2006, Credit Risk Scorecards,
// chapter 11): sum over classes of (a - b) ln(a / b). Half an observation is added to each class, so that an empty one
// costs something finite. 0 without observations on a side. `before` and `after` are of one size.
double PopulationStabilityIndex(absl::Span<const int64_t> before, absl::Span<const int64_t> after);

}  // namespace kontor::stats
