#pragma once

#include <functional>

#include "absl/status/statusor.h"
#include "services/forecasting/calendar.h"
#include "services/forecasting/series_tree.h"
#include "services/forecasting/tree_forecast.h"

// ForecastHierarchy's answer.
namespace kontor::forecasting {

struct ReconciledBy {
  v1::ForecastHierarchyRequest::Method method = v1::ForecastHierarchyRequest::METHOD_UNSPECIFIED;
  Reconciled reconciled;
};

// METHOD_UNSPECIFIED: the covariance, or variances where there are too few errors for it. FAILED_PRECONDITION as
// Reconcile.
absl::StatusOr<ReconciledBy> ReconcileBy(v1::ForecastHierarchyRequest::Method method, bool crossed,
                                         const SeriesTree& tree, const std::vector<Past>& pasts,
                                         const NodeForecasts& forecasts);

// Borrows.
struct HierarchyAnswer {
  const v1::ForecastHierarchyRequest& request;
  const PastQuestion& question;
  const SeriesTree& tree;
  const TreeFactors& factors;
  const std::vector<Past>& pasts;
  const TreeQuestion& asked;
  const NodeForecasts& forecasts;
};

v1::ForecastHierarchyResponse AnswerOf(const HierarchyAnswer& answer, const ReconciledBy& by);

// Forecasts the last horizon of the past from what came before, and adds how far each method was off. Errors:
// DEADLINE_EXCEEDED; what a method refuses is told in the response.
absl::Status AddErrors(const HierarchyAnswer& answer, const std::function<bool()>& ended,
                       v1::ForecastHierarchyResponse& response);

}  // namespace kontor::forecasting
