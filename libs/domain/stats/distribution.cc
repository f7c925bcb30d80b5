#include "libs/domain/stats/distribution.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace kontor::stats {

double Gini(std::vector<int64_t> amounts) {
  std::sort(amounts.begin(), amounts.end());
  const auto n = static_cast<double>(amounts.size());
  double weighted = 0, total = 0;
  for (size_t i = 0; i < amounts.size(); ++i) {
    const auto amount = static_cast<double>(amounts[i]);
    weighted += (2 * static_cast<double>(i + 1) - n - 1) * amount;
    total += amount;
  }
  return total == 0 ? 0 : weighted / (n * total);
}

double PopulationStabilityIndex(absl::Span<const int64_t> before, absl::Span<const int64_t> after) {
  constexpr double kAdded = 0.5;
  const auto total = [](absl::Span<const int64_t> counts) {
    return static_cast<double>(std::accumulate(counts.begin(), counts.end(), int64_t{0}));
  };
  const double all_before = total(before), all_after = total(after);
  if (all_before == 0 || all_after == 0) return 0;
  const double added = kAdded * static_cast<double>(before.size());
  double index = 0;
  for (size_t i = 0; i < before.size(); ++i) {
    const double a = (static_cast<double>(after[i]) + kAdded) / (all_after + added);
    const double b = (static_cast<double>(before[i]) + kAdded) / (all_before + added);
    index += (a - b) * std::log(a / b);
  }
  return index;
}

}  // namespace kontor::stats
