#include "libs/domain/forecasting/trends.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "libs/base/status.h"
#include "libs/domain/forecasting/mstl.h"

namespace kontor::forecasting {
namespace {

constexpr double kNormal95 = 1.959963984540054;
constexpr size_t kMostValues = 2000;

// Ranks from 1, equal values share their mean rank; `ties` receives the sum over groups of t (t - 1) (2 t + 5).
std::vector<double> Ranks(Values values, double& ties) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](size_t i, size_t j) { return values[i] < values[j]; });
  std::vector<double> ranks(values.size());
  ties = 0;
  for (size_t from = 0, to = 0; from < order.size(); from = to) {
    while (to < order.size() && values[order[to]] == values[order[from]]) ++to;
    const double count = static_cast<double>(to - from);
    ties += count * (count - 1) * (2 * count + 5);
    for (size_t i = from; i < to; ++i) ranks[order[i]] = static_cast<double>(from + to + 1) / 2;
  }
  return ranks;
}

// By how much autocorrelation of the ranks widens the variance of Kendall's sum.
double Widening(Values detrended) {
  double ties = 0;
  std::vector<double> ranks = Ranks(detrended, ties);
  const double count = static_cast<double>(ranks.size()), mean = (count + 1) / 2;
  double square = 0, sum = 0;
  for (double& rank : ranks) {
    rank -= mean;
    square += rank * rank;
  }
  if (!(square > 0)) return 1;
  for (size_t lag = 1; lag <= ranks.size() / 4; ++lag) {
    double product = 0;
    for (size_t t = lag; t < ranks.size(); ++t) product += ranks[t] * ranks[t - lag];
    const double correlation = product / square, left = count - static_cast<double>(lag);
    if (std::abs(correlation) > kNormal95 / std::sqrt(count)) sum += left * (left - 1) * (left - 2) * correlation;
  }
  return std::max(1.0, 1 + 2 * sum / (count * (count - 1) * (count - 2)));
}

double NthOf(std::vector<double>& values, double place) {
  const auto n = static_cast<ptrdiff_t>(std::clamp(place, 0.0, static_cast<double>(values.size() - 1)));
  std::nth_element(values.begin(), values.begin() + n, values.end());
  return values[n];
}

double MedianOf(std::vector<double>& values) {
  const size_t count = values.size();
  const double upper = NthOf(values, static_cast<double>(count / 2));
  if (count % 2 == 1) return upper;
  return (upper + *std::max_element(values.begin(), values.begin() + static_cast<ptrdiff_t>(count / 2))) / 2;
}

std::optional<double> YearlyGrowth(Values values, int year) {
  if (year < 1 || values.size() / 2 < static_cast<size_t>(year)) return std::nullopt;
  const double last = std::accumulate(values.end() - year, values.end(), 0.0);
  const double before = std::accumulate(values.end() - 2 * year, values.end() - year, 0.0);
  return before > 0 ? std::optional<double>(last / before - 1) : std::nullopt;
}

}  // namespace

absl::StatusOr<TrendReport> ReportTrend(const Series& series, int year) {
  RETURN_IF_ERROR(CheckSeries(series));
  if (series.values.size() < 4) return absl::FailedPreconditionError("a trend is told from 4 values on");
  ASSIGN_OR_RETURN(const Decomposition parts, Mstl(series, {}));
  const size_t count = std::min(series.values.size(), kMostValues), from = series.values.size() - count;
  std::vector<double> adjusted, slopes;
  double largest = 0;
  for (size_t i = from; i < series.values.size(); ++i) {
    adjusted.push_back(parts.trend[i] + parts.remainder[i]);
    largest = std::max(largest, std::abs(adjusted.back()));
  }
  // What is left of rounding is neither a rise nor a fall.
  const double grid = 1e-10 * largest;
  for (double& value : adjusted) value = grid > 0 ? std::round(value / grid) * grid : 0;
  double sum = 0, ties = 0;
  for (size_t i = 0; i < count; ++i) {
    for (size_t j = i + 1; j < count; ++j) {
      const double rise = adjusted[j] - adjusted[i];
      slopes.push_back(rise / static_cast<double>(j - i));
      sum += rise > 0 ? 1 : rise < 0 ? -1 : 0;
    }
  }
  TrendReport report{.slope = MedianOf(slopes), .yearly_growth = YearlyGrowth(series.values, year)};
  Ranks(adjusted, ties);
  for (size_t i = 0; i < count; ++i) adjusted[i] -= report.slope * static_cast<double>(i);
  const double size = static_cast<double>(count);
  const double deviation =
      std::sqrt(Widening(adjusted) * std::max(0.0, size * (size - 1) * (2 * size + 5) - ties) / 18);
  const double pairs = static_cast<double>(slopes.size());
  report.slope_low = NthOf(slopes, std::floor((pairs - kNormal95 * deviation) / 2));
  report.slope_high = NthOf(slopes, std::ceil((pairs + kNormal95 * deviation) / 2));
  if (!(deviation > 0) || sum == 0) return report;
  const double distance = (std::abs(sum) - 1) / deviation;
  report.p_value = std::erfc(distance / std::sqrt(2.0));
  if (report.p_value < .05) report.direction = sum > 0 ? TrendDirection::kUp : TrendDirection::kDown;
  return report;
}

}  // namespace kontor::forecasting
