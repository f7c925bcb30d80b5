#include "libs/domain/forecasting/intervals.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "libs/base/random.h"
#include "libs/base/status.h"
#include "libs/domain/forecasting/intervals_sample.h"

namespace kontor::forecasting {
namespace {

constexpr size_t kLeastResiduals = 10;

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
  const std::vector<double> normal = NormalQuantilesOf(levels);
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
    std::vector<double> row = SampleQuantiles(std::move(errors[h]), levels);
    for (double& value : row) value += prediction.mean[h];
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
