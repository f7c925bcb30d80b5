#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "libs/base/random.h"
#include "libs/domain/forecasting/intervals.h"
#include "libs/domain/forecasting/inventory_demand.h"

namespace kontor::forecasting {

// Mean correlation of the ranks of the days of two weeks against the two months before, for the 500 best sold products
// of UCI Online Retail (.105); of six weeks against the eight before it is .28.
inline constexpr double kDailyCorrelation = 0.1;

// Paths of demand that follow a forecast's quantiles: each step has its own distribution, the ranks of the steps of a
// path have one common correlation (a Gaussian copula with one factor). Immutable, thread-safe.
class DemandPaths {
 public:
  // INVALID_ARGUMENT: no steps, correlation outside [0, 1], fewer than two levels, quantiles that fall or are below 0.
  static absl::StatusOr<DemandPaths> Make(const QuantileForecast& forecast, double correlation);

  size_t steps() const { return steps_.size(); }
  const DemandDistribution& step(size_t step) const { return *steps_[step]; }
  double correlation() const { return correlation_; }
  // One path into `path`, resized to steps(). Uses 1 + steps() normals.
  void Draw(base::Random& random, std::vector<double>& path) const;

 private:
  DemandPaths() = default;
  std::vector<Demand> steps_;
  double correlation_ = 0;
};

}  // namespace kontor::forecasting
