#include <algorithm>
#include <cmath>

#include "libs/base/status.h"
#include "libs/domain/forecasting/intervals.h"
#include "libs/domain/forecasting/intervals_sample.h"

namespace kontor::forecasting {
namespace {

constexpr double kAloneStrength = 30;
constexpr double kLeastModel = 1e-3;  // of the naive scale: a model that fits its past without error is not believed

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

ErrorSpread SpreadOf(const Prediction& prediction, double scale) {
  ErrorSpread spread;
  for (size_t h = 0; h < prediction.mean.size(); ++h) {
    const bool known = h < prediction.variance.size() && prediction.variance[h] >= 0;
    const double naive = scale * std::sqrt(static_cast<double>(h + 1));
    const double model = known ? std::sqrt(prediction.variance[h]) : naive;
    spread.model.push_back(model);
    spread.mixed.push_back(naive > 0 ? std::sqrt(std::max(model, kLeastModel * naive) * naive) : model);
  }
  return spread;
}

ScaledErrors ScaleErrors(const Backtest& backtest) {
  ScaledErrors result;
  for (const BacktestFold& fold : backtest.folds) {
    const ErrorSpread spread = SpreadOf({fold.forecast, fold.variance}, fold.scale);
    if (result.by_step.size() < fold.actual.size()) result.by_step.resize(fold.actual.size());
    for (size_t h = 0; h < fold.actual.size(); ++h) {
      const double error = (fold.actual[h] - fold.forecast[h]) / spread.mixed[h];
      if (std::isfinite(error)) result.by_step[h].push_back(error);
    }
  }
  return result;
}

absl::StatusOr<ErrorQuantiles> ErrorQuantiles::Pooled(absl::Span<const ScaledErrors> series,
                                                      absl::Span<const double> levels, double normal_share) {
  RETURN_IF_ERROR(CheckLevels(levels));
  if (!(normal_share >= 0 && normal_share <= 1)) return absl::InvalidArgumentError("a share is within [0, 1]");
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
  for (size_t h = 0; h < by_step.size(); ++h) {
    std::vector<double> errors = Around(by_step, h, kLeast);
    result.by_step_.push_back(CentredQuantiles(std::move(errors), levels));
  }
  result.normal_share_ = normal_share;
  return result;
}

absl::StatusOr<ErrorQuantiles> ErrorQuantiles::FromTable(std::vector<double> levels,
                                                         std::vector<std::vector<double>> by_step,
                                                         double normal_share) {
  RETURN_IF_ERROR(CheckLevels(levels));
  bool fits = !by_step.empty() && normal_share >= 0 && normal_share <= 1;
  for (const std::vector<double>& row : by_step) {
    const bool finite = std::all_of(row.begin(), row.end(), [](double value) { return std::isfinite(value); });
    fits &= row.size() == levels.size() && finite && std::is_sorted(row.begin(), row.end());
  }
  if (!fits)
    return absl::InvalidArgumentError("stored error quantiles are rows of ascending values, a share within [0, 1]");
  ErrorQuantiles result;
  result.levels_ = std::move(levels);
  result.by_step_ = std::move(by_step);
  result.normal_share_ = normal_share;
  return result;
}

ErrorQuantiles ErrorQuantiles::Alone(const ScaledErrors& errors, int horizon, absl::Span<const double> levels) {
  std::vector<double> all;
  for (const std::vector<double>& step : errors.by_step) all.insert(all.end(), step.begin(), step.end());
  ErrorQuantiles result;
  result.normal_share_ = kAloneStrength / (static_cast<double>(all.size()) + kAloneStrength);
  result.levels_.assign(levels.begin(), levels.end());
  std::vector<double> row(levels.size());
  if (!all.empty()) row = SampleQuantiles(std::move(all), levels);
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

QuantileForecast ErrorQuantiles::Apply(Values mean, const ErrorSpread& spread, bool non_negative) const {
  QuantileForecast result{levels_, {}};
  const std::vector<double> normal = NormalQuantilesOf(levels_);
  for (size_t h = 0; h < mean.size(); ++h) {
    std::vector<double> row = by_step_[std::min(h, by_step_.size() - 1)];
    for (size_t i = 0; i < row.size(); ++i) {
      const double learned = spread.mixed[h] * row[i], own = spread.model[h] * normal[i];
      row[i] = mean[h] + (1 - normal_share_) * learned + normal_share_ * own;
    }
    MakeMonotone(row, non_negative);
    result.values.push_back(std::move(row));
  }
  return result;
}

}  // namespace kontor::forecasting
