#pragma once

#include "absl/status/statusor.h"
#include "kontor/forecasting/v1/inventory_service.pb.h"
#include "libs/platform/runtime/call_context.h"
#include "services/forecasting/run_store.h"

namespace kontor::forecasting {

// InventoryService/OptimizeStock. Thread-safe.
class OptimizeHandler {
 public:
  explicit OptimizeHandler(RunStore& runs) : runs_(runs) {}

  absl::StatusOr<v1::OptimizeStockResponse> OptimizeStock(const runtime::CallContext& call,
                                                          const v1::OptimizeStockRequest& request);

 private:
  RunStore& runs_;
};

}  // namespace kontor::forecasting
