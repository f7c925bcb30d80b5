#include "libs/domain/forecasting/trends.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <numeric>
#include <vector>

#include "libs/base/status.h"

namespace kontor::forecasting {
namespace {

constexpr size_t kLeast = 4;

double Median(const std::vector<double>& sorted) {
  const size_t middle = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

// Of Kendall's sum of signs.
double SignVariance(Values values) {
  const auto weight = [](double count) { return count * (count - 1) * (2 * count + 5); };
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  double variance = weight(static_cast<double>(sorted.size()));
  for (size_t i = 0; i < sorted.size();) {
    size_t end = i;
    while (end < sorted.size() && sorted[end] == sorted[i]) ++end;
    variance -= weight(static_cast<double>(end - i));
    i = end;
  }
  return variance / 18;
}

}  // namespace

absl::StatusOr<TrendEstimate> EstimateTrend(Values values, double level) {
  RETURN_IF_ERROR(CheckSeries({values, {}}));
  if (values.size() < kLeast) return absl::InvalidArgumentError("a trend needs at least 4 values");
  if (!(level > 0 && level < 1)) return absl::InvalidArgumentError("the level is between 0 and 1");
  std::vector<double> slopes;
  double signs = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    for (size_t j = i + 1; j < values.size(); ++j) {
      const double rise = values[j] - values[i];
      slopes.push_back(rise / static_cast<double>(j - i));
      signs += rise > 0 ? 1 : rise < 0 ? -1 : 0;
    }
  }
  std::sort(slopes.begin(), slopes.end());
  TrendEstimate trend;
  trend.mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  trend.slope = Median(slopes);
  const boost::math::normal normal;
  const double deviation = std::sqrt(SignVariance(values));
  const double reach = deviation * boost::math::quantile(normal, (1 + level) / 2);
  const auto pairs = static_cast<double>(slopes.size());
  const auto at = [&](double place) {
    return slopes[static_cast<size_t>(std::clamp(std::round(place), 0.0, pairs - 1))];
  };
  trend.low = at((pairs - reach) / 2 - 1);
  trend.high = at((pairs + reach) / 2);
  if (deviation > 0 && signs != 0) {
    trend.p_value = 2 * boost::math::cdf(boost::math::complement(normal, (std::abs(signs) - 1) / deviation));
    trend.p_value = std::min(1.0, trend.p_value);
  }
  return trend;
}

}  // namespace kontor::forecasting
