#pragma once

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/domain/forecasting/intervals.h"
#include "libs/domain/forecasting/inventory_demand.h"
#include "libs/domain/forecasting/inventory_paths.h"

// What is going to happen to stock that is there.
namespace kontor::forecasting {

// A store that wants a share of scarce stock.
struct StoreNeed {
  Demand demand;          // until the next delivery
  double on_hand = 0;     // >= 0
  double unit_value = 1;  // what a lost sale costs, > 0
};

// Whole units of `available`, so that expected lost sales cost least: each unit goes where value × P(demand > stock) is
// highest. That is optimal because expected lost sales are convex in stock. Equal ones: the earlier store. A unit that
// nobody would miss (probability below 1e-9) stays. O(available × log stores).
// INVALID_ARGUMENT: no stores, a number out of range, available negative or above 10 million.
absl::StatusOr<std::vector<int64_t>> AllocateScarceStock(int64_t available, absl::Span<const StoreNeed> stores);

// When stock runs out, from quantiles of the demand of each step and what is to arrive.
struct Arrival {
  int step = 1;  // before the demand of this step, 1 the first
  double quantity = 0;
};
struct StockoutForecast {
  std::vector<double> probability;     // P(out of stock at some time up to the end of each step); ascends
  std::vector<double> expected_stock;  // at the end of each step
  std::optional<int> likely_step;      // the first with probability >= 0.5
};
// By simulation: paths of demand whose steps have one common correlation of their ranks, since forecast errors of one
// product go together. Seeded, deterministic; costs paths × steps.
struct StockoutOptions {
  int paths = 2000;
  double correlation = kDailyCorrelation;  // within [0, 1]
  uint64_t seed = 1;
};
// INVALID_ARGUMENT: stock negative, no steps, an arrival outside or negative, options out of range.
absl::StatusOr<StockoutForecast> ForecastStockout(double on_hand, const QuantileForecast& demand,
                                                  absl::Span<const Arrival> arrivals, const StockoutOptions& options);

// Stock beyond what is going to be sold within its time.
struct DeadStock {
  double excess = 0;  // on hand - demand at `level` of the forecast of the whole time, at least 0
  double share = 0;   // of what is on hand
  bool dead = false;  // no demand is expected: the quantile is below half a unit
};
// `demand` of the shelf life or of the horizon, whichever ends first. 0 < level < 1: .9 says that demand is above only
// once in ten.
absl::StatusOr<DeadStock> FindDeadStock(double on_hand, const DemandDistribution& demand, double level);

}  // namespace kontor::forecasting
