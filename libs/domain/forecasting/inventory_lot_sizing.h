#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

// Orders that share a fixed cost. Costs as in inventory_policies.h.
namespace kontor::forecasting {

// Known demand of the next periods: what to order in each so that fixed and holding costs are least (Wagner and Whitin
// 1958), with holding charged on what is left at a period's end. O(periods^2).
struct LotSizes {
  std::vector<double> orders;  // of each period; 0: none
  double cost = 0;             // fixed and holding, without the goods
};
// `order_cost`, `holding_cost`: one for each period, >= 0. INVALID_ARGUMENT: sizes differ, none, negative or not
// finite.
absl::StatusOr<LotSizes> PlanLots(absl::Span<const double> demand, absl::Span<const double> order_costs,
                                  absl::Span<const double> holding_costs);

// The (s, S) policy: when the inventory position after a period's review is at or below s, order up to S. Unmet demand
// waits.
struct ReorderPolicy {
  int reorder_point = 0, order_up_to = 0;
  double cost = 0;  // a period
};

// The optimal one for independent whole-number demand (Zheng and Federgruen 1991) with their cost a period of
// holding × E[(y - D)+] + shortage × E[(D - y)+], D the demand of lead time + 1 periods, and the order's fixed cost.
// `period_demand[d]` = P(demand of a period = d), `lead_demand[d]` likewise for lead time + 1 periods (the same without
// lead time); each sums to 1 within 1e-6 and has mean > 0. INVALID_ARGUMENT: otherwise, a cost not > 0,
// or an economic order quantity above 20,000 (time grows with its square).
absl::StatusOr<ReorderPolicy> OptimalReorderPolicy(absl::Span<const double> period_demand,
                                                   absl::Span<const double> lead_demand, double order_cost,
                                                   double holding_cost, double shortage_cost);

// Probabilities of 0, 1, … of a Poisson distribution until what is left is below 1e-12, normalised. 0 < mean <= 1e6.
std::vector<double> PoissonProbabilities(double mean);

}  // namespace kontor::forecasting
