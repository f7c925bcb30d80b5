#include "libs/domain/forecasting/anomalies.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <limits>

#include "libs/base/status.h"
#include "libs/domain/forecasting/mstl.h"

namespace kontor::forecasting {
namespace {

constexpr double kOfMedian = 1.482602218505602, kOfMean = 1.2533141373155003;  // to deviations of normal errors

constexpr int kSeasonWindow = 35, kTrendSeasons = 4;  // stiff, so that they do not follow what is unusual
constexpr double kRounding = 1e-9;

double Scale(const std::vector<double>& remainder) {
  std::vector<double> sizes;
  double sum = 0;
  for (const double value : remainder) {
    sizes.push_back(std::abs(value));
    sum += sizes.back();
  }
  const auto middle = sizes.begin() + static_cast<ptrdiff_t>(sizes.size() / 2);
  std::nth_element(sizes.begin(), middle, sizes.end());
  return *middle > 0 ? kOfMedian * *middle : kOfMean * sum / static_cast<double>(sizes.size());
}

}  // namespace

absl::StatusOr<std::vector<Anomaly>> FindAnomalies(const Series& series, double false_alarm_rate) {
  RETURN_IF_ERROR(CheckSeries(series));
  if (!(false_alarm_rate > 0 && false_alarm_rate < 1)) {
    return absl::InvalidArgumentError("the rate of false alarms is between 0 and 1");
  }
  MstlOptions options;
  options.robust = true;
  options.season_window = kSeasonWindow;
  options.trend_seasons = kTrendSeasons;
  ASSIGN_OR_RETURN(const Decomposition parts, Mstl(series, options));
  const double scale = Scale(parts.remainder);
  std::vector<Anomaly> anomalies;
  const double largest = std::abs(*std::max_element(series.values.begin(), series.values.end(),
                                                    [](double a, double b) { return std::abs(a) < std::abs(b); }));
  if (scale <= kRounding * largest) return anomalies;
  const boost::math::normal normal;
  const double bound = boost::math::quantile(boost::math::complement(normal, false_alarm_rate / 2));
  const bool counts = *std::min_element(series.values.begin(), series.values.end()) >= 0;
  const double floor = counts ? 0 : -std::numeric_limits<double>::infinity();
  for (size_t t = 0; t < series.values.size(); ++t) {
    const double distance = std::abs(parts.remainder[t]) / scale;
    if (distance <= bound) continue;
    Anomaly& anomaly = anomalies.emplace_back();
    anomaly.step = t;
    anomaly.actual = series.values[t];
    const double expected = series.values[t] - parts.remainder[t];
    anomaly.expected = std::max(floor, expected);
    anomaly.low = std::max(floor, expected - bound * scale);
    anomaly.high = std::max(floor, expected + bound * scale);
    anomaly.p_value = 2 * boost::math::cdf(boost::math::complement(normal, distance));
  }
  return anomalies;
}

}  // namespace kontor::forecasting
