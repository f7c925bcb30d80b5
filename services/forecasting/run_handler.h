#pragma once

#include "absl/status/statusor.h"
#include "libs/base/clock.h"
#include "libs/platform/log/consumer.h"
#include "libs/platform/runtime/call_context.h"
#include "services/forecasting/forecast_runner.h"
#include "services/forecasting/past_reader.h"

namespace kontor::forecasting {

// Start-, Get-, List- and CancelForecastRun. Thread-safe.
class RunHandler {
 public:
  struct Parts {
    PastReader& pasts;
    RunStore& runs;
    ForecastRunner& runner;
    const log::Consumer& consumer;
    const base::Clock& clock;
  };
  explicit RunHandler(const Parts& parts) : parts_(parts) {}

  absl::StatusOr<v1::ForecastRun> Start(const runtime::CallContext& call, const v1::StartForecastRunRequest& request);
  absl::StatusOr<v1::ForecastRun> Get(const runtime::CallContext& call, const v1::GetForecastRunRequest& request);
  absl::StatusOr<v1::ListForecastRunsResponse> List(const runtime::CallContext& call,
                                                    const v1::ListForecastRunsRequest& request);
  absl::StatusOr<v1::ForecastRun> Cancel(const runtime::CallContext& call, const v1::CancelForecastRunRequest& request);

 private:
  const Parts parts_;
};

}  // namespace kontor::forecasting
