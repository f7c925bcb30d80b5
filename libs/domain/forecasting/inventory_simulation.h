#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/domain/forecasting/intervals.h"
#include "libs/domain/forecasting/inventory_demand.h"
#include "libs/domain/forecasting/inventory_paths.h"

// What a policy would do, played many times. Seeded; the same for any number of threads (it uses none).
namespace kontor::forecasting {

struct InventorySystem {
  QuantileForecast demand;  // of each period; demand is drawn by its quantiles, rounded to whole units if asked
  bool whole_units = true;
  double correlation = kDailyCorrelation;  // of the ranks of a path's periods, within [0, 1]
  LeadTime lead_time;  // periods; drawn gamma with this mean and deviation, rounded; orders do not overtake
  int review = 1;      // periods from one look at the stock to the next, >= 1
  double minimum_order = 0, pack = 0;
  bool backorders = false;  // unmet demand waits; else it is lost
  // At the start; what is on order arrives after the mean lead time. Nothing on hand said: the first order-up-to level.
  std::optional<double> on_hand;
  double on_order = 0;
  double unit_cost = 1;  // capital bound by a unit, >= 0
};

// One number for each period, or one for all.
struct InventoryPolicy {
  std::vector<double> reorder_point;  // position at or below which an order is made at a review
  std::vector<double> order_up_to;    // to which it brings the position; >= reorder_point
};

struct SimulationOptions {
  int paths = 500;
  uint64_t seed = 1;
};

struct SimulationResult {
  double fill_rate = 0;                       // units delivered at once / units wanted; 1 where nothing is wanted
  double cycle_service = 0;                   // share of periods without unmet demand
  double mean_stock = 0;                      // at the end of a period
  double working_capital = 0;                 // mean_stock × unit_cost
  double orders = 0;                          // a path
  double units_ordered = 0, units_short = 0;  // a path
  double fill_rate_error = 0;                 // standard error over the paths
};

// INVALID_ARGUMENT: anything out of range or not finite, no periods; times are at most 10,000 periods.
absl::StatusOr<SimulationResult> SimulateInventory(const InventorySystem& system, const InventoryPolicy& policy,
                                                   const SimulationOptions& options);

// The what-if: for each cycle service (within (0, 1), ascending) the policy that aims at it, and what it would bring.
// At each period it orders up to the quantile of the demand of the lead time and review that follow (the last period's
// goes on beyond the forecast), with the variance that the system's correlation implies. The same draws for all points.
struct ServicePoint {
  double service = 0;
  InventoryPolicy policy;
  SimulationResult result;
};
absl::StatusOr<std::vector<ServicePoint>> ServiceCurve(const InventorySystem& system, absl::Span<const double> services,
                                                       const SimulationOptions& options);

}  // namespace kontor::forecasting
