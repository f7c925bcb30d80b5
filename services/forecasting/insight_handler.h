#pragma once

#include "absl/status/statusor.h"
#include "libs/platform/runtime/call_context.h"
#include "services/forecasting/past_reader.h"

namespace kontor::forecasting {

// ForecastingService/Decompose and DetectAnomalies. Thread-safe.
class InsightHandler {
 public:
  explicit InsightHandler(PastReader& pasts) : pasts_(pasts) {}

  absl::StatusOr<v1::DecomposeResponse> Decompose(const runtime::CallContext& call,
                                                  const v1::DecomposeRequest& request);
  absl::StatusOr<v1::DetectAnomaliesResponse> DetectAnomalies(const runtime::CallContext& call,
                                                              const v1::DetectAnomaliesRequest& request);

 private:
  PastReader& pasts_;
};

}  // namespace kontor::forecasting
