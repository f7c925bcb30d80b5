#include "libs/domain/forecasting/inventory_paths.h"

#include <algorithm>
#include <cmath>

#include "libs/base/status.h"

namespace kontor::forecasting {

absl::StatusOr<DemandPaths> DemandPaths::Make(const QuantileForecast& forecast, double correlation) {
  if (forecast.values.empty()) return absl::InvalidArgumentError("the forecast of demand has no steps");
  if (!(correlation >= 0 && correlation <= 1)) {
    return absl::InvalidArgumentError("a correlation of demand is within [0, 1]");
  }
  DemandPaths paths;
  paths.correlation_ = correlation;
  for (const std::vector<double>& values : forecast.values) {
    ASSIGN_OR_RETURN(Demand step, QuantileDemand(forecast.levels, values));
    paths.steps_.push_back(std::move(step));
  }
  return paths;
}

void DemandPaths::Draw(base::Random& random, std::vector<double>& path) const {
  path.resize(steps_.size());
  const double common = std::sqrt(correlation_) * random.Normal(), own = std::sqrt(1 - correlation_);
  for (size_t t = 0; t < path.size(); ++t) {
    const double rank = 0.5 * std::erfc(-(common + own * random.Normal()) / std::sqrt(2.0));
    path[t] = steps_[t]->Quantile(std::clamp(rank, 1e-12, 1 - 1e-12));
  }
}

}  // namespace kontor::forecasting
