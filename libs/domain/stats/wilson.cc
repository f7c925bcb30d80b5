#include "libs/domain/stats/wilson.h"

#include <algorithm>
#include <cmath>

namespace kontor::stats {

Interval WilsonInterval(int64_t successes, int64_t trials, double z) {
  if (trials <= 0) return {0, 1};
  const auto k = static_cast<double>(successes);
  const auto n = static_cast<double>(trials);
  const double middle = k + z * z / 2;
  const double half = z * std::sqrt(k * (n - k) / n + z * z / 4);
  return {std::max(0.0, (middle - half) / (n + z * z)), std::min(1.0, (middle + half) / (n + z * z))};
}

}  // namespace kontor::stats
