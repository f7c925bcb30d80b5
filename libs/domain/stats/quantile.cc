#include "libs/domain/stats/quantile.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace kontor::stats {

double Quantile(std::vector<double> values, double p) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  const double position = std::clamp(p, 0.0, 1.0) * static_cast<double>(values.size() - 1);
  const auto low = values.begin() + static_cast<int64_t>(std::floor(position));
  std::nth_element(values.begin(), low, values.end());
  if (low + 1 == values.end()) return *low;
  const double next = *std::min_element(low + 1, values.end());
  return *low + (position - std::floor(position)) * (next - *low);
}

}  // namespace kontor::stats
