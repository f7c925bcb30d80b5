#pragma once

#include <cstddef>
#include <vector>

#include "absl/types/span.h"

namespace kontor::nn {

// Equally likely paths of the future. Levels are within [0, 1], ascending; quantiles are linear between the paths and
// ascend with the level.
struct SampledDemand {
  size_t paths = 0, steps = 0;
  std::vector<double> values;  // paths x steps
  std::vector<double> mean;    // of each step: of the paths' distributions, which is steadier than that of the draws

  double Variance(size_t step) const;  // of the draws
  std::vector<double> Quantiles(size_t step, absl::Span<const double> levels) const;
  // Of the sum of `count` steps from `first` on, as of a lead time. first + count <= steps.
  std::vector<double> SumQuantiles(size_t first, size_t count, absl::Span<const double> levels) const;
};

}  // namespace kontor::nn
