#pragma once

#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/domain/forecasting/reconcile.h"
#include "services/forecasting/past.h"
#include "services/forecasting/tree_factors.h"

namespace kontor::forecasting {

// Forecasts of all nodes of a hierarchy, each on its own.
struct NodeForecasts {
  NodeRows mean;                    // nodes × steps
  std::vector<NodeRows> quantiles;  // nodes × steps × levels
  NodeRows residuals;               // one-step, of the last kMostResiduals steps; 0 before a node's first sale
  std::vector<std::vector<FactorEffect>> effects;  // of the market, where they are used
};
inline constexpr size_t kMostResiduals = 400;

struct TreeQuestion {
  int horizon = 28;
  std::vector<double> levels;
  bool temporal = false;  // of days: agree with sums of 7 and 28 days (temporal_aggregation.h) where there are
                          // kLeastSums of them
};
inline constexpr size_t kLeastSums = 8;

// On all processors; a past without steps is forecast as 0. With the factors of each node where they help (factors.h):
// what is forecast, and agrees in time, is the past without their effects. DEADLINE_EXCEEDED as soon as `ended` says
// so.
absl::StatusOr<NodeForecasts> ForecastNodes(const std::vector<Past>& pasts, const TreeFactors& factors,
                                            const TreeQuestion& question, const std::function<bool()>& ended);

// `pasts` of all nodes: those of the bottoms count for top-down by history. Quantiles go with the means.
absl::StatusOr<Reconciled> ReconcileNodes(const Hierarchy& hierarchy, const std::vector<Past>& pasts,
                                          const NodeForecasts& forecasts, Reconciliation method);

}  // namespace kontor::forecasting
