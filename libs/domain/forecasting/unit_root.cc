#include "libs/domain/forecasting/unit_root.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "libs/domain/forecasting/mstl.h"
#include "libs/domain/forecasting/ocsb.h"

namespace kontor::forecasting {
namespace {

// Of the level test (Kwiatkowski et al. 1992, table 1).
constexpr double kFivePercent = .463, kTwoPointFivePercent = .574;
constexpr size_t kSecondDifferenceFrom = 50;

double Variance(Values values) {
  const double count = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  double sum = 0;
  for (const double value : values) sum += (value - mean) * (value - mean);
  return sum / count;
}

bool IsConstant(Values values) {
  return std::all_of(values.begin(), values.end(), [&](double value) { return value == values[0]; });
}

}  // namespace

std::vector<double> Difference(Values values, int lag, int times) {
  std::vector<double> result(values.begin(), values.end());
  for (; times > 0 && !result.empty(); --times) {
    for (size_t t = result.size(); t-- > static_cast<size_t>(lag);) result[t] -= result[t - lag];
    result.erase(result.begin(), result.begin() + std::min<ptrdiff_t>(lag, static_cast<ptrdiff_t>(result.size())));
  }
  return result;
}

double KpssStatistic(Values values) {
  const size_t count = values.size();
  if (IsConstant(values)) return 0;
  const double size = static_cast<double>(count), mean = std::accumulate(values.begin(), values.end(), 0.0) / size;
  const size_t lags = static_cast<size_t>(3 * std::sqrt(size) / 13);
  double sum = 0, squares = 0, spread = 0;
  for (const double value : values) {
    sum += value - mean;
    squares += sum * sum;
  }
  for (size_t lag = 0; lag <= lags; ++lag) {
    double covariance = 0;
    for (size_t t = lag; t < count; ++t) covariance += (values[t] - mean) * (values[t - lag] - mean);
    const double weight = 1 - static_cast<double>(lag) / static_cast<double>(lags + 1);
    spread += (lag == 0 ? 1 : 2 * weight) * covariance / size;
  }
  return spread > 0 ? squares / (size * size) / spread : 0;
}

int DifferencesNeeded(Values values) {
  if (!(KpssStatistic(values) > kFivePercent)) return 0;
  if (values.size() < kSecondDifferenceFrom) return 1;
  return KpssStatistic(Difference(values, 1, 1)) > kTwoPointFivePercent ? 2 : 1;
}

double SeasonalStrength(Values values, int season) {
  const auto parts = Stl(values, season, {});
  if (!parts.ok() || IsConstant(values)) return 0;
  std::vector<double> detrended = parts->remainder;
  for (size_t i = 0; i < detrended.size(); ++i) detrended[i] += parts->seasonal[0][i];
  const double all = Variance(detrended);
  return all > 0 ? std::max(0.0, 1 - Variance(parts->remainder) / all) : 0;
}

int SeasonalDifferencesNeeded(Values values, int season) {
  if (season < 2 || values.size() <= 2 * static_cast<size_t>(season)) return 0;
  return SeasonalStrength(values, season) > .64 && OcsbNeedsDifference(values, season) ? 1 : 0;
}

}  // namespace kontor::forecasting
