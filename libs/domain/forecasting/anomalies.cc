#include "libs/domain/forecasting/anomalies.h"

#include <algorithm>
#include <cmath>

#include "libs/base/status.h"
#include "libs/domain/forecasting/mstl.h"
#include "libs/domain/stats/quantile.h"

namespace kontor::forecasting {
namespace {

double TwoSided(double distance) { return std::erfc(distance / std::sqrt(2.0)); }

// The distance with that two-sided probability, by halving: the probability falls with it.
double DistanceOf(double probability) {
  double low = 0, high = 40;
  for (int i = 0; i < 80; ++i) {
    const double middle = (low + high) / 2;
    (TwoSided(middle) > probability ? low : high) = middle;
  }
  return low;
}

// Of a normal distribution from its middle half; where more than half are 0, from the mean distance.
double RobustScale(Values remainder) {
  std::vector<double> sizes;
  double sum = 0;
  for (const double value : remainder) {
    sizes.push_back(std::abs(value));
    sum += std::abs(value);
  }
  const double median = stats::Quantile(sizes, .5);
  return median > 0 ? 1.4826 * median : std::sqrt(M_PI / 2) * sum / static_cast<double>(sizes.size());
}

// Share of the noise's variance that the decomposition takes for trend or season: tricube weights of half-width b give
// the middle 1 / (1.157 b).
double TakenShare(const Series& series) {
  double share = 0, trend = static_cast<double>(series.values.size()) / 6;
  int window = 11;
  for (const int season : series.seasons) {
    if (2 * static_cast<size_t>(season) > series.values.size()) break;
    share += 2 / (1.157 * (window - 1));
    trend = .75 * season / (1 - 1.5 / window);
    window += 4;
  }
  return std::min(.6, share + 1 / (1.157 * std::max(trend, 3.0)));
}

}  // namespace

absl::StatusOr<std::vector<Anomaly>> DetectAnomalies(const Series& series, const AnomalyOptions& options) {
  RETURN_IF_ERROR(CheckSeries(series));
  if (!(options.false_alarms > 0 && options.false_alarms < .5)) {
    return absl::InvalidArgumentError("the share of false alarms is above 0 and below .5");
  }
  if (series.values.size() < 8) return absl::FailedPreconditionError("anomalies are told from 8 values on");
  const bool logs = *std::min_element(series.values.begin(), series.values.end()) > 0;
  std::vector<double> values(series.values.begin(), series.values.end());
  if (logs) {
    for (double& value : values) value = std::log(value);
  }
  ASSIGN_OR_RETURN(const Decomposition parts, Mstl({values, series.seasons}, {.robust = true}));
  const double taken = TakenShare(series), scale = RobustScale(parts.remainder) * std::sqrt((1 + taken) / (1 - taken));
  const double reach = DistanceOf(options.false_alarms) * scale;
  const auto restored = [&](double value) { return logs ? std::exp(value) : value; };
  // What is left of rounding is no anomaly.
  const auto [least, greatest] = std::minmax_element(values.begin(), values.end());
  const double rounding = 1e-9 * std::max(std::abs(*least), std::abs(*greatest));
  std::vector<Anomaly> found;
  for (size_t i = 0; i < values.size(); ++i) {
    const double distance = std::abs(parts.remainder[i]), expected = values[i] - parts.remainder[i];
    if (distance <= std::max(reach, rounding)) continue;
    found.push_back({i, series.values[i], restored(expected), restored(expected - reach), restored(expected + reach),
                     TwoSided(distance / scale), parts.remainder[i] > 0});
  }
  return found;
}

}  // namespace kontor::forecasting
