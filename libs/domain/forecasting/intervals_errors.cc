#include <algorithm>
#include <cmath>

#include "libs/base/status.h"
#include "libs/domain/forecasting/intervals.h"
#include "libs/domain/forecasting/intervals_sample.h"

namespace kontor::forecasting {
namespace {

constexpr double kAloneStrength = 30;

// Less the mean of the values clipped to their .01 and .99 quantiles.
std::vector<double> CentredQuantiles(std::vector<double> values, absl::Span<const double> levels) {
  std::sort(values.begin(), values.end());
  const double low = SampleQuantile(values, 0.01), high = SampleQuantile(values, 0.99);
  double mean = 0;
  for (const double value : values) mean += std::clamp(value, low, high) / static_cast<double>(values.size());
  std::vector<double> row = SampleQuantiles(std::move(values), levels);
  for (double& value : row) value -= mean;
  return row;
}

// Errors at `step`, and of ever more neighbours until there are enough.
std::vector<double> Around(const std::vector<std::vector<double>>& by_step, size_t step, size_t least) {
  std::vector<double> found = by_step[step];
  for (size_t away = 1; found.size() < least && away < by_step.size(); ++away) {
    if (step >= away) found.insert(found.end(), by_step[step - away].begin(), by_step[step - away].end());
    if (step + away < by_step.size()) {
      found.insert(found.end(), by_step[step + away].begin(), by_step[step + away].end());
    }
  }
  return found;
}

}  // namespace

std::vector<double> Spread(const Prediction& prediction, double scale) {
  std::vector<double> spread;
  for (size_t h = 0; h < prediction.mean.size(); ++h) {
    const bool known = h < prediction.variance.size() && prediction.variance[h] > 0;
    spread.push_back(known ? std::sqrt(prediction.variance[h]) : scale * std::sqrt(static_cast<double>(h + 1)));
  }
  return spread;
}

ScaledErrors ScaleErrors(const Backtest& backtest, double scale) {
  ScaledErrors result;
  for (const BacktestFold& fold : backtest.folds) {
    const std::vector<double> spread = Spread({fold.forecast, fold.variance}, scale);
    if (result.by_step.size() < spread.size()) result.by_step.resize(spread.size());
    for (size_t h = 0; h < spread.size(); ++h) {
      const double error = (fold.actual[h] - fold.forecast[h]) / spread[h];
      if (std::isfinite(error)) result.by_step[h].push_back(error);
    }
  }
  return result;
}

absl::StatusOr<ErrorQuantiles> ErrorQuantiles::Pooled(absl::Span<const ScaledErrors> series,
                                                      absl::Span<const double> levels) {
  RETURN_IF_ERROR(CheckLevels(levels));
  std::vector<std::vector<double>> by_step;
  size_t count = 0;
  for (const ScaledErrors& errors : series) {
    if (by_step.size() < errors.by_step.size()) by_step.resize(errors.by_step.size());
    for (size_t h = 0; h < errors.by_step.size(); ++h) {
      by_step[h].insert(by_step[h].end(), errors.by_step[h].begin(), errors.by_step[h].end());
      count += errors.by_step[h].size();
    }
  }
  if (count < kLeast) return absl::FailedPreconditionError("fewer than 20 errors: too few to learn quantiles from");
  ErrorQuantiles result;
  result.levels_.assign(levels.begin(), levels.end());
  for (size_t h = 0; h < by_step.size(); ++h)
    result.by_step_.push_back(CentredQuantiles(Around(by_step, h, kLeast), levels));
  return result;
}

absl::StatusOr<ErrorQuantiles> ErrorQuantiles::FromTable(std::vector<double> levels,
                                                         std::vector<std::vector<double>> by_step) {
  RETURN_IF_ERROR(CheckLevels(levels));
  bool fits = !by_step.empty();
  for (const std::vector<double>& row : by_step) {
    const bool finite = std::all_of(row.begin(), row.end(), [](double value) { return std::isfinite(value); });
    fits &= row.size() == levels.size() && finite && std::is_sorted(row.begin(), row.end());
  }
  if (!fits)
    return absl::InvalidArgumentError("a table of error quantiles has a row of ascending values for each step");
  ErrorQuantiles result;
  result.levels_ = std::move(levels);
  result.by_step_ = std::move(by_step);
  return result;
}

ErrorQuantiles ErrorQuantiles::Alone(const ScaledErrors& errors, int horizon, absl::Span<const double> levels) {
  std::vector<double> all;
  for (const std::vector<double>& step : errors.by_step) all.insert(all.end(), step.begin(), step.end());
  const auto count = static_cast<double>(all.size());
  std::vector<double> row = NormalQuantilesOf(levels);
  if (!all.empty()) {
    const std::vector<double> own = SampleQuantiles(std::move(all), levels);
    for (size_t i = 0; i < row.size(); ++i) row[i] += count / (count + kAloneStrength) * (own[i] - row[i]);
    MakeMonotone(row, false);
  }
  ErrorQuantiles result;
  result.levels_.assign(levels.begin(), levels.end());
  result.by_step_.assign(std::max(1, horizon), row);
  return result;
}

ErrorQuantiles ErrorQuantiles::Mixed(const ScaledErrors& own, const ErrorQuantiles& set, double strength) {
  double square = 0, count = 0;
  for (size_t h = 0; h < own.by_step.size(); ++h) {
    const std::vector<double>& row = set.by_step_[std::min(h, set.by_step_.size() - 1)];
    const double half = (InterpolateQuantile(set.levels_, row, 0.84) - InterpolateQuantile(set.levels_, row, 0.16)) / 2;
    if (!(half > 0)) continue;
    for (const double error : own.by_step[h]) {
      square += error * error / (half * half);
      ++count;
    }
  }
  ErrorQuantiles result = set;
  if (count == 0) return result;
  const double stretch = (count * std::sqrt(square / count) + strength) / (count + strength);
  for (std::vector<double>& row : result.by_step_) {
    for (double& value : row) value *= stretch;
  }
  return result;
}

ErrorQuantiles ErrorQuantiles::TowardsNormal(double share) const {
  ErrorQuantiles result = *this;
  const std::vector<double> normal = NormalQuantilesOf(levels_);
  for (std::vector<double>& row : result.by_step_) {
    for (size_t i = 0; i < row.size(); ++i) row[i] += share * (normal[i] - row[i]);
  }
  return result;
}

QuantileForecast ErrorQuantiles::Apply(Values mean, Values spread, bool non_negative) const {
  QuantileForecast result{levels_, {}};
  for (size_t h = 0; h < mean.size(); ++h) {
    std::vector<double> row = by_step_[std::min(h, by_step_.size() - 1)];
    for (double& value : row) value = mean[h] + spread[h] * value;
    MakeMonotone(row, non_negative);
    result.values.push_back(std::move(row));
  }
  return result;
}

}  // namespace kontor::forecasting
