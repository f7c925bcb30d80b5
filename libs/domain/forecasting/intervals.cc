#include "libs/domain/forecasting/intervals.h"

#include <algorithm>
#include <boost/math/special_functions/erf.hpp>
#include <cmath>
#include <numeric>

#include "libs/base/random.h"
#include "libs/base/status.h"

namespace kontor::forecasting {
namespace {

constexpr size_t kLeastResiduals = 10;
constexpr double kAloneStrength = 30;

double NormalQuantile(double level) { return -std::sqrt(2.0) * boost::math::erfc_inv(2 * level); }

absl::Status CheckPrediction(const Prediction& prediction) {
  const size_t steps = prediction.mean.size();
  if (steps == 0 || prediction.variance.size() != steps) {
    return absl::FailedPreconditionError("the forecast has no variances");
  }
  for (size_t h = 0; h < steps; ++h) {
    if (!std::isfinite(prediction.mean[h]) || !std::isfinite(prediction.variance[h]) || prediction.variance[h] < 0) {
      return absl::FailedPreconditionError("the forecast's means and variances are not all finite");
    }
  }
  return absl::OkStatus();
}

// Of ascending values: at rank level × (n + 1), outside the sample along the normal tail from the median on.
double SampleQuantile(const std::vector<double>& sorted, double level) {
  const auto count = static_cast<double>(sorted.size());
  const double rank = level * (count + 1);
  if (rank >= 1 && rank <= count) {
    const auto below = static_cast<size_t>(rank);
    const double within = rank - static_cast<double>(below);
    return below < sorted.size() ? sorted[below - 1] + within * (sorted[below] - sorted[below - 1]) : sorted.back();
  }
  const double median = sorted[sorted.size() / 2];
  const double edge = rank < 1 ? sorted.front() : sorted.back();
  if (sorted.size() < 2) return edge;
  const double edge_level = rank < 1 ? 1 / (count + 1) : count / (count + 1);
  return median + (edge - median) * NormalQuantile(level) / NormalQuantile(edge_level);
}

std::vector<double> QuantilesOf(std::vector<double> values, absl::Span<const double> levels) {
  std::sort(values.begin(), values.end());
  std::vector<double> row;
  for (const double level : levels) row.push_back(SampleQuantile(values, level));
  MakeMonotone(row, false);
  return row;
}

// Less the mean of the values clipped to their .01 and .99 quantiles.
std::vector<double> CentredQuantiles(std::vector<double> values, absl::Span<const double> levels) {
  std::sort(values.begin(), values.end());
  const double low = SampleQuantile(values, 0.01), high = SampleQuantile(values, 0.99);
  double mean = 0;
  for (const double value : values) mean += std::clamp(value, low, high) / static_cast<double>(values.size());
  std::vector<double> row = QuantilesOf(std::move(values), levels);
  for (double& value : row) value -= mean;
  return row;
}

std::vector<double> NormalRow(absl::Span<const double> levels) {
  std::vector<double> row;
  for (const double level : levels) row.push_back(NormalQuantile(level));
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

// |psi_j| of the moving average of past errors that variances of growing horizons imply.
std::vector<double> ErrorWeights(const std::vector<double>& variance) {
  std::vector<double> weights = {1};
  for (size_t h = 1; h < variance.size(); ++h) {
    weights.push_back(std::sqrt(std::max(0.0, (variance[h] - variance[h - 1]) / variance[0])));
  }
  return weights;
}

// Centred, with the variance of the model's first step.
absl::StatusOr<std::vector<double>> Shocks(Values residuals, double variance) {
  std::vector<double> shocks;
  for (const double residual : residuals) {
    if (std::isfinite(residual)) shocks.push_back(residual);
  }
  if (shocks.size() < kLeastResiduals) return absl::FailedPreconditionError("a bootstrap needs at least 10 residuals");
  const auto count = static_cast<double>(shocks.size());
  const double mean = std::accumulate(shocks.begin(), shocks.end(), 0.0) / count;
  double square = 0;
  for (double& shock : shocks) {
    shock -= mean;
    square += shock * shock;
  }
  for (double& shock : shocks) shock *= square > 0 ? std::sqrt(variance * count / square) : 0;
  return shocks;
}

}  // namespace

std::vector<double> LevelsOfIntervals(absl::Span<const double> coverages) {
  std::vector<double> levels = {0.5};
  for (const double coverage : coverages) {
    levels.push_back((1 - coverage) / 2);
    levels.push_back((1 + coverage) / 2);
  }
  std::sort(levels.begin(), levels.end());
  return levels;
}

absl::Status CheckLevels(absl::Span<const double> levels) {
  for (size_t i = 0; i < levels.size(); ++i) {
    if (!(levels[i] > (i > 0 ? levels[i - 1] : 0) && levels[i] < 1)) {
      return absl::InvalidArgumentError("levels ascend, above 0 and below 1");
    }
  }
  return levels.empty() ? absl::InvalidArgumentError("at least one level is needed") : absl::OkStatus();
}

absl::StatusOr<QuantileForecast> NormalQuantiles(const Prediction& prediction, absl::Span<const double> levels,
                                                 bool non_negative) {
  RETURN_IF_ERROR(CheckLevels(levels));
  RETURN_IF_ERROR(CheckPrediction(prediction));
  QuantileForecast result{{levels.begin(), levels.end()}, {}};
  const std::vector<double> normal = NormalRow(levels);
  for (size_t h = 0; h < prediction.mean.size(); ++h) {
    std::vector<double> row;
    for (const double z : normal) row.push_back(prediction.mean[h] + z * std::sqrt(prediction.variance[h]));
    MakeMonotone(row, non_negative);
    result.values.push_back(std::move(row));
  }
  return result;
}

absl::StatusOr<QuantileForecast> BootstrapQuantiles(const Prediction& prediction, Values residuals,
                                                    absl::Span<const double> levels, const BootstrapOptions& options,
                                                    bool non_negative) {
  RETURN_IF_ERROR(CheckLevels(levels));
  RETURN_IF_ERROR(CheckPrediction(prediction));
  if (options.paths < 1 || options.paths > 1'000'000) {
    return absl::InvalidArgumentError("paths must be within 1 and 1 million");
  }
  const double first = prediction.variance[0];
  ASSIGN_OR_RETURN(const std::vector<double> shocks, Shocks(residuals, first));
  const size_t steps = prediction.mean.size();
  const std::vector<double> weights = first > 0 ? ErrorWeights(prediction.variance) : std::vector<double>(steps);
  std::vector<std::vector<double>> errors(steps, std::vector<double>(options.paths));
  std::vector<double> drawn(steps);
  base::Random random(options.seed);
  for (int i = 0; i < options.paths; ++i) {
    for (double& shock : drawn) shock = shocks[random.Below(shocks.size())];
    for (size_t h = 0; h < steps; ++h) {
      double sum = 0;
      for (size_t j = 0; j <= h; ++j) sum += weights[j] * drawn[h - j];
      errors[h][i] = sum;
    }
  }
  QuantileForecast result{{levels.begin(), levels.end()}, {}};
  for (size_t h = 0; h < steps; ++h) {
    std::vector<double> row = QuantilesOf(std::move(errors[h]), levels);
    for (double& value : row) value += prediction.mean[h];
    MakeMonotone(row, non_negative);
    result.values.push_back(std::move(row));
  }
  return result;
}

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
  std::vector<double> row = NormalRow(levels);
  if (!all.empty()) {
    const std::vector<double> own = QuantilesOf(std::move(all), levels);
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
  const std::vector<double> normal = NormalRow(levels_);
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

void MakeMonotone(std::vector<double>& row, bool non_negative) {
  struct Pool {
    double sum = 0;
    size_t count = 0;
    double mean() const { return sum / static_cast<double>(count); }
  };
  if (!std::is_sorted(row.begin(), row.end())) {
    std::vector<Pool> pools;
    for (const double value : row) {
      pools.push_back({value, 1});
      while (pools.size() > 1 && pools[pools.size() - 2].mean() > pools.back().mean()) {
        const Pool last = pools.back();
        pools.pop_back();
        pools.back().sum += last.sum;
        pools.back().count += last.count;
      }
    }
    size_t place = 0;
    for (const Pool& pool : pools) {
      for (size_t i = 0; i < pool.count; ++i) row[place++] = pool.mean();
    }
  }
  if (!non_negative) return;
  for (double& value : row) value = std::max(0.0, value);
}

double InterpolateQuantile(absl::Span<const double> levels, absl::Span<const double> values, double level) {
  if (levels.size() < 2) return values.front();
  const size_t above = std::upper_bound(levels.begin(), levels.end(), level) - levels.begin();
  if (above > 0 && above < levels.size()) {
    const double within = (level - levels[above - 1]) / (levels[above] - levels[above - 1]);
    return values[above - 1] + within * (values[above] - values[above - 1]);
  }
  const size_t edge = above == 0 ? 0 : levels.size() - 1, inner = above == 0 ? 1 : levels.size() - 2;
  const double slope = (values[edge] - values[inner]) / (NormalQuantile(levels[edge]) - NormalQuantile(levels[inner]));
  return values[edge] + slope * (NormalQuantile(level) - NormalQuantile(levels[edge]));
}

}  // namespace kontor::forecasting
