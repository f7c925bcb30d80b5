#include "libs/domain/forecasting/change_points.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace kontor::forecasting {
namespace {

constexpr double kToDeviation = 1.482602218505602;  // of a median absolute value, for normal errors
constexpr double kMostCorrelation = 0.8;
constexpr size_t kHalfWindow = 7;

double Median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// What a running median leaves: errors without the steps of level.
std::vector<double> Rest(Values values) {
  std::vector<double> rest(values.size());
  for (size_t t = 0; t < values.size(); ++t) {
    const size_t begin = t > kHalfWindow ? t - kHalfWindow : 0, end = std::min(values.size(), t + kHalfWindow + 1);
    rest[t] = values[t] -
              Median({values.begin() + static_cast<ptrdiff_t>(begin), values.begin() + static_cast<ptrdiff_t>(end)});
  }
  return rest;
}

// The variance of a mean's errors, times the number of values, where they follow each other.
double LongRunVariance(Values values) {
  std::vector<double> steps;
  for (size_t t = 1; t < values.size(); ++t) steps.push_back(std::abs(values[t] - values[t - 1]));
  double deviation = kToDeviation * Median(steps) / std::sqrt(2.0);
  if (deviation == 0) {  // most neighbours are equal: by the mean instead
    double sum = 0;
    for (const double step : steps) sum += step;
    deviation = 1.2533141373155003 * sum / static_cast<double>(steps.size()) / std::sqrt(2.0);
  }
  const std::vector<double> rest = Rest(values);
  double product = 0, square = 0;
  for (size_t t = 1; t < rest.size(); ++t) {
    product += rest[t] * rest[t - 1];
    square += rest[t] * rest[t];
  }
  const double correlation = square > 0 ? std::clamp(product / square, 0.0, kMostCorrelation) : 0;
  // Differences of neighbours are smaller by 1 - correlation.
  return deviation * deviation / (1 - correlation) * (1 + correlation) / (1 - correlation);
}

}  // namespace

std::vector<ChangePoint> FindChangePoints(Values values, const ChangePointOptions& options) {
  const size_t size = values.size(), least = std::max<size_t>(1, options.min_segment);
  if (size < 2 * least || size < 3) return {};
  const double variance = LongRunVariance(values);
  if (!(variance > 0)) return {};
  const double penalty = options.penalty * variance * std::log(static_cast<double>(size));
  std::vector<double> sums(size + 1, 0), squares(size + 1, 0);
  for (size_t t = 0; t < size; ++t) {
    const double value = values[t] - values[0];
    sums[t + 1] = sums[t] + value;
    squares[t + 1] = squares[t] + value * value;
  }
  const auto cost = [&](size_t from, size_t to) {
    const double sum = sums[to] - sums[from];
    return squares[to] - squares[from] - sum * sum / static_cast<double>(to - from);
  };
  std::vector<double> best(size + 1, std::numeric_limits<double>::infinity());
  std::vector<size_t> last(size + 1, 0), candidates = {0};
  best[0] = -penalty;
  for (size_t to = least; to <= size; ++to) {
    for (const size_t from : candidates) {
      if (to - from < least) continue;
      const double total = best[from] + cost(from, to) + penalty;
      if (total < best[to]) {
        best[to] = total;
        last[to] = from;
      }
    }
    std::erase_if(candidates,
                  [&](size_t from) { return to - from >= least && best[from] + cost(from, to) > best[to]; });
    if (to + 1 >= 2 * least) candidates.push_back(to + 1 - least);
  }
  std::vector<size_t> starts;
  for (size_t at = size; at > 0; at = last[at]) starts.push_back(last[at]);
  std::reverse(starts.begin(), starts.end());
  starts.push_back(size);
  const auto mean = [&](size_t segment) {
    return values[0] + (sums[starts[segment + 1]] - sums[starts[segment]]) /
                           static_cast<double>(starts[segment + 1] - starts[segment]);
  };
  std::vector<ChangePoint> changes;
  for (size_t s = 1; s + 1 < starts.size(); ++s) changes.push_back({starts[s], mean(s - 1), mean(s)});
  return changes;
}

}  // namespace kontor::forecasting
