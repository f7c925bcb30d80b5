#pragma once

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "libs/domain/forecasting/forecast.h"
#include "libs/domain/forecasting/intermittent_sum.h"

namespace kontor::forecasting {

// Slow sellers of one kind forecast together. One series of theirs says little about how fast to follow it, whether
// demand of the kind is falling, and how far a sum strays; thousands say it well. Immutable, thread-safe.
class DemandPool {
 public:
  // The sum over `steps` is what counts. Learned from the last three windows of `steps` that do not overlap, each
  // forecast from what was before it (at least `steps` values): smoothing constant and share of the common rate with
  // the least sum of absolute errors, level that makes the forecasts right on average, dispersion of most likelihood.
  // The series end at the same step. INVALID_ARGUMENT: a bad series, `steps` below 1. FAILED_PRECONDITION: a negative
  // value; no series with 2 × steps values. Costs some 20 passes over the values.
  static absl::StatusOr<DemandPool> Learn(absl::Span<const Values> series, int steps);

  // level × (own × smoothed demand + (1 - own) × mean of that over the pool's series).
  double Rate(Values history) const;
  // Of the next `steps`; variance = mean + dispersion × mean².
  DemandSum Sum(Values history, int steps) const;

  double alpha() const { return alpha_; }
  double own() const { return own_; }
  double level() const { return level_; }
  double dispersion() const { return dispersion_; }

 private:
  double alpha_ = .1, own_ = 1, common_ = 0, level_ = 1, dispersion_ = 0;
};

}  // namespace kontor::forecasting
