#include "libs/domain/nn/sampled_demand.h"

#include <algorithm>

namespace kontor::nn {

double SampledDemand::Variance(size_t step) const {
  double sum = 0, squares = 0;
  for (size_t path = 0; path < paths; ++path) sum += values[path * steps + step];
  const double middle = sum / static_cast<double>(paths);
  for (size_t path = 0; path < paths; ++path) {
    const double off = values[path * steps + step] - middle;
    squares += off * off;
  }
  return paths > 1 ? squares / static_cast<double>(paths - 1) : 0;
}

std::vector<double> SampledDemand::Quantiles(size_t step, absl::Span<const double> levels) const {
  return SumQuantiles(step, 1, levels);
}

std::vector<double> SampledDemand::SumQuantiles(size_t first, size_t count, absl::Span<const double> levels) const {
  std::vector<double> sums(paths, 0);
  for (size_t path = 0; path < paths; ++path) {
    for (size_t step = first; step < first + count; ++step) sums[path] += values[path * steps + step];
  }
  std::sort(sums.begin(), sums.end());
  std::vector<double> quantiles;
  for (const double level : levels) {
    const double place = level * static_cast<double>(paths - 1);
    const size_t below = static_cast<size_t>(place), above = std::min(below + 1, paths - 1);
    quantiles.push_back(sums[below] + (place - static_cast<double>(below)) * (sums[above] - sums[below]));
  }
  return quantiles;
}

}  // namespace kontor::nn
