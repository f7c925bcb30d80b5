#pragma once

#include "absl/status/statusor.h"
#include "libs/platform/runtime/call_context.h"
#include "services/forecasting/past_reader.h"
#include "services/forecasting/run_store.h"

namespace kontor::forecasting {

// ForecastingService/GetAccuracy and ExplainForecastChange. Thread-safe.
class AccuracyHandler {
 public:
  struct Parts {
    PastReader& pasts;
    DemandStore& demand;
    RunStore& runs;
  };
  explicit AccuracyHandler(const Parts& parts) : parts_(parts) {}

  absl::StatusOr<v1::GetAccuracyResponse> GetAccuracy(const runtime::CallContext& call,
                                                      const v1::GetAccuracyRequest& request);
  absl::StatusOr<v1::ExplainForecastChangeResponse> ExplainForecastChange(
      const runtime::CallContext& call, const v1::ExplainForecastChangeRequest& request);

 private:
  // The run named, or the newest that is done below `before`.
  absl::StatusOr<Run> RunOf(absl::string_view field, const std::string& name, const std::string& shop, int64_t before);

  const Parts parts_;
};

}  // namespace kontor::forecasting
