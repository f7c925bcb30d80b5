#pragma once

#include "absl/status/status.h"
#include "libs/platform/runtime/call_context.h"
#include "libs/platform/runtime/stream.h"
#include "services/forecasting/past_reader.h"

namespace kontor::forecasting {

// ForecastingService/Backtest. Thread-safe.
class BacktestHandler {
 public:
  explicit BacktestHandler(PastReader& pasts) : pasts_(pasts) {}

  // INVALID_ARGUMENT (METHOD_UNKNOWN); FAILED_PRECONDITION (HISTORY_TOO_SHORT) when the past has no origin with a
  // horizon behind it. Methods that cannot be fitted are told, not refused.
  absl::Status Backtest(const runtime::CallContext& call, const v1::BacktestRequest& request,
                        runtime::Writer<v1::BacktestResponse>& writer);

 private:
  PastReader& pasts_;
};

}  // namespace kontor::forecasting
