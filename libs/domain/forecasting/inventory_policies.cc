#include "libs/domain/forecasting/inventory_policies.h"

#include <algorithm>
#include <cmath>

#include "libs/base/status.h"

namespace kontor::forecasting {
namespace {

bool Positive(double value) { return std::isfinite(value) && value > 0; }

absl::Status CheckTarget(double share, double cycle_quantity) {
  if (!(share > 0 && share < 1)) return absl::InvalidArgumentError("a service level is above 0 and below 1");
  if (!Positive(cycle_quantity))
    return absl::InvalidArgumentError("the quantity of a cycle must be finite and above 0");
  return absl::OkStatus();
}

StockTarget TargetAt(const DemandDistribution& demand, double level, double cycle_quantity) {
  StockTarget target;
  target.level = level;
  target.safety_stock = level - demand.mean();
  target.cycle_service = demand.Cdf(level);
  target.expected_shortage = demand.ExpectedShortage(level);
  target.fill_rate = std::clamp(1 - target.expected_shortage / cycle_quantity, 0.0, 1.0);
  return target;
}

}  // namespace

absl::StatusOr<StockTarget> TargetForCycleService(const DemandDistribution& demand, double service,
                                                  double cycle_quantity) {
  RETURN_IF_ERROR(CheckTarget(service, cycle_quantity));
  return TargetAt(demand, std::max(0.0, demand.Quantile(service)), cycle_quantity);
}

absl::StatusOr<StockTarget> TargetForFillRate(const DemandDistribution& demand, double fill_rate,
                                              double cycle_quantity) {
  RETURN_IF_ERROR(CheckTarget(fill_rate, cycle_quantity));
  const double allowed = (1 - fill_rate) * cycle_quantity;
  if (demand.ExpectedShortage(0) <= allowed) return TargetAt(demand, 0, cycle_quantity);
  double low = 0, high = std::max(1.0, std::ceil(demand.mean() + std::sqrt(demand.variance())));
  while (demand.ExpectedShortage(high) > allowed) high *= 2;
  const double wanted = demand.whole_numbers() ? 1 : 1e-9 * cycle_quantity;
  while (high - low > wanted) {
    double middle = (low + high) / 2;
    if (demand.whole_numbers()) middle = std::floor(middle);
    if (middle <= low || middle >= high) break;
    (demand.ExpectedShortage(middle) <= allowed ? high : low) = middle;
  }
  return TargetAt(demand, high, cycle_quantity);
}

absl::StatusOr<Newsvendor> SolveNewsvendor(const DemandDistribution& demand, double holding_cost,
                                           double shortage_cost) {
  if (!Positive(holding_cost) || !Positive(shortage_cost)) {
    return absl::InvalidArgumentError("holding and shortage cost must be finite and above 0");
  }
  Newsvendor result;
  result.critical_ratio = shortage_cost / (shortage_cost + holding_cost);
  result.level = std::max(0.0, demand.Quantile(std::clamp(result.critical_ratio, 1e-15, 1 - 1e-15)));
  const double short_units = demand.ExpectedShortage(result.level);
  const double left = result.level - demand.mean() + short_units;
  result.cost = holding_cost * left + shortage_cost * short_units;
  return result;
}

absl::StatusOr<OrderQuantity> EconomicOrderQuantity(double order_cost, double holding_cost, double demand_rate) {
  if (!Positive(order_cost) || !Positive(holding_cost) || !Positive(demand_rate)) {
    return absl::InvalidArgumentError("order cost, holding cost and demand must be finite and above 0");
  }
  return OrderQuantity{std::sqrt(2 * order_cost * demand_rate / holding_cost),
                       std::sqrt(2 * order_cost * demand_rate * holding_cost)};
}

double RoundToPacks(double quantity, double minimum, double pack) {
  if (!(quantity > 0)) return 0;
  const double wanted = std::max(quantity, minimum);
  return pack > 0 ? std::ceil(wanted / pack - 1e-9) * pack : wanted;
}

}  // namespace kontor::forecasting
