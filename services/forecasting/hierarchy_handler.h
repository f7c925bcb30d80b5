#pragma once

#include "absl/status/statusor.h"
#include "libs/platform/log/consumer.h"
#include "libs/platform/runtime/call_context.h"
#include "services/forecasting/past_reader.h"
#include "services/forecasting/series_tree.h"
#include "services/forecasting/tree_forecast.h"

namespace kontor::forecasting {

// ForecastingService/ForecastHierarchy. Thread-safe.
class HierarchyHandler {
 public:
  struct Parts {
    PastReader& pasts;
    DemandStore& demand;
    MarketStore& market;
    const log::Consumer& consumer;
  };
  explicit HierarchyHandler(const Parts& parts) : parts_(parts) {}

  absl::StatusOr<v1::ForecastHierarchyResponse> Forecast(const runtime::CallContext& call,
                                                         const v1::ForecastHierarchyRequest& request);

 private:
  absl::StatusOr<PastQuestion> QuestionOf(const fleet::Shop& shop, const v1::ForecastHierarchyRequest& request);

  const Parts parts_;
};

constexpr char kReasonMethodFailed[] = "METHOD_FAILED";

}  // namespace kontor::forecasting
