#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "libs/domain/forecasting/inventory_demand.h"

// How much to keep and to order. Costs are per unit (and period) in any one currency as double: they only weigh against
// each other; money of orders is reckoned exactly by the caller.
namespace kontor::forecasting {

// When stock on hand and on order falls to the reorder point, order; or at each review up to the level.
struct StockTarget {
  double level = 0;              // reorder point, or order-up-to level when the demand is of lead time + review
  double safety_stock = 0;       // level - expected demand
  double cycle_service = 0;      // P(no stock-out before the order arrives)
  double expected_shortage = 0;  // units short in a cycle
  double fill_rate = 0;          // share of demand met from stock: 1 - shortage / ordered in a cycle
};

// The least level with P(demand <= level) >= service, never below 0. `cycle_quantity` (> 0): what is ordered a cycle.
// INVALID_ARGUMENT: service not within (0, 1), quantity not > 0.
absl::StatusOr<StockTarget> TargetForCycleService(const DemandDistribution& demand, double service,
                                                  double cycle_quantity);
// The least level >= 0 whose fill rate (type 2 service: 1 - E[(D - level)+] / quantity) is at least `fill_rate`: solved
// to 1e-9 of the quantity, to the whole number for counts.
absl::StatusOr<StockTarget> TargetForFillRate(const DemandDistribution& demand, double fill_rate,
                                              double cycle_quantity);

// The newsvendor: stock S that minimises holding × E[(S - D)+] + shortage × E[(D - S)+] (Arrow, Harris, Marschak 1951).
// Never below 0.
struct Newsvendor {
  double level = 0, cost = 0;
  double critical_ratio = 0;  // shortage / (shortage + holding)
};
// INVALID_ARGUMENT: a cost not > 0 or not finite.
absl::StatusOr<Newsvendor> SolveNewsvendor(const DemandDistribution& demand, double holding_cost, double shortage_cost);

// The economic order quantity (Harris 1913): sqrt(2 K D / h), cost sqrt(2 K D h) a period.
struct OrderQuantity {
  double quantity = 0, cost = 0;
};
// All > 0 and finite, else INVALID_ARGUMENT. `demand_rate` a period, `holding_cost` a unit and period.
absl::StatusOr<OrderQuantity> EconomicOrderQuantity(double order_cost, double holding_cost, double demand_rate);

// What a supplier takes: at least `minimum`, in whole packs. 0 stays 0. `pack` >= 0 (0: any amount), rounded up.
double RoundToPacks(double quantity, double minimum, double pack);

}  // namespace kontor::forecasting
