#include "libs/domain/forecasting/change_points.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "libs/base/status.h"
#include "libs/domain/forecasting/mstl.h"
#include "libs/domain/stats/quantile.h"

namespace kontor::forecasting {
namespace {

constexpr size_t kLeastLength = 4;

struct Spread {
  double variance = 0;
  bool robust = false;
};

// The variance of the differences at a lag, those beyond three deviations cut to them; of all as they are where more
// than half are 0.
Spread DifferenceSpread(Values values, size_t lag) {
  std::vector<double> sizes;
  for (size_t t = lag; t < values.size(); ++t) sizes.push_back(std::abs(values[t] - values[t - lag]));
  const double reach = 3 * 1.4826 * stats::Quantile(sizes, .5);
  double square = 0;
  for (const double size : sizes) square += reach > 0 ? std::min(size, reach) * std::min(size, reach) : size * size;
  return {square / static_cast<double>(sizes.size()), reach > 0};
}

// The variance of a mean × its count: (1 + r) / (1 - r) times that of one value, where values are r alike from one step
// to the next: differences of one step have the variance 2 s² (1 - r), of two steps 2 s² (1 - r²).
double LongRunVariance(Values values) {
  const Spread one = DifferenceSpread(values, 1), two = DifferenceSpread(values, 2);
  if (!(one.variance > 0)) return 0;
  const double alike = one.robust ? std::clamp(two.variance / one.variance - 1, 0.0, .8) : 0;
  return one.variance / (2 * (1 - alike)) * (1 + alike) / (1 - alike);
}

class Segments {
 public:
  Segments(Values values, double variance) : variance_(variance), sums_(values.size() + 1, 0), squares_(sums_) {
    const double middle = values[values.size() / 2];  // keeps the sums small
    for (size_t t = 0; t < values.size(); ++t) {
      const double value = values[t] - middle;
      sums_[t + 1] = sums_[t] + value;
      squares_[t + 1] = squares_[t] + value * value;
    }
  }

  double Cost(size_t from, size_t to) const {
    const double length = static_cast<double>(to - from), sum = sums_[to] - sums_[from];
    const double error = std::max(0.0, squares_[to] - squares_[from] - sum * sum / length);
    return error / variance_ + std::log(length);
  }

 private:
  double variance_;
  std::vector<double> sums_, squares_;
};

// The starts of all segments but the first.
std::vector<size_t> Pelt(const Segments& segments, size_t count) {
  const double log_count = std::log(static_cast<double>(count)), penalty = 3 * log_count;
  std::vector<double> best(count + 1, std::numeric_limits<double>::infinity());
  std::vector<size_t> last(count + 1, 0), candidates;
  best[0] = -penalty;
  for (size_t end = kLeastLength; end <= count; ++end) {
    candidates.push_back(end - kLeastLength);
    for (const size_t start : candidates) {
      const double cost = best[start] + segments.Cost(start, end) + penalty;
      if (cost < best[end]) {
        best[end] = cost;
        last[end] = start;
      }
    }
    // The logarithms of two lengths exceed that of their sum by less than log n.
    std::erase_if(candidates,
                  [&](size_t start) { return !(best[start] + segments.Cost(start, end) - log_count <= best[end]); });
  }
  std::vector<size_t> starts;
  for (size_t end = count; last[end] > 0; end = last[end]) starts.push_back(last[end]);
  std::reverse(starts.begin(), starts.end());
  return starts;
}

double Mean(Values values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

}  // namespace

absl::StatusOr<std::vector<LevelShift>> FindLevelShifts(const Series& series) {
  RETURN_IF_ERROR(CheckSeries(series));
  std::vector<LevelShift> shifts;
  if (series.values.size() < 2 * kLeastLength) return shifts;
  ASSIGN_OR_RETURN(const Decomposition parts, Mstl(series, {.robust = true}));
  std::vector<double> adjusted = parts.trend;
  for (size_t i = 0; i < adjusted.size(); ++i) adjusted[i] += parts.remainder[i];
  const double size = std::abs(*std::max_element(
      adjusted.begin(), adjusted.end(), [](double one, double other) { return std::abs(one) < std::abs(other); }));
  // What is left of rounding is no noise: without any, every change counts.
  const double variance = std::max(LongRunVariance(adjusted), std::pow(1e-9 * size, 2));
  if (!(variance > 0)) return shifts;
  std::vector<size_t> bounds = Pelt(Segments(adjusted, variance), adjusted.size());
  bounds.insert(bounds.begin(), 0);
  bounds.push_back(adjusted.size());
  for (size_t k = 1; k + 1 < bounds.size(); ++k) {
    shifts.push_back({bounds[k], Mean(Values(adjusted).subspan(bounds[k - 1], bounds[k] - bounds[k - 1])),
                      Mean(Values(adjusted).subspan(bounds[k], bounds[k + 1] - bounds[k]))});
  }
  return shifts;
}

}  // namespace kontor::forecasting
