#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/base/clock.h"
#include "libs/platform/runtime/call_context.h"
#include "services/forecasting/inventory_planner.h"
#include "services/forecasting/past_reader.h"
#include "services/forecasting/run_store.h"
#include "services/forecasting/settings_store.h"

namespace kontor::forecasting {

// InventoryService. Thread-safe.
class InventoryHandler {
 public:
  struct Parts {
    PastReader& pasts;
    DemandStore& demand;
    RunStore& runs;
    SettingsStore& settings;
    const base::Clock& clock;
  };
  explicit InventoryHandler(const Parts& parts) : parts_(parts) {}

  // About a millisecond a product that has a stock level.
  absl::StatusOr<v1::PlanInventoryResponse> Plan(const runtime::CallContext& call,
                                                 const v1::PlanInventoryRequest& request);
  absl::StatusOr<v1::SimulateInventoryResponse> Simulate(const runtime::CallContext& call,
                                                         const v1::SimulateInventoryRequest& request);
  absl::StatusOr<v1::AllocateStockResponse> Allocate(const runtime::CallContext& call,
                                                     const v1::AllocateStockRequest& request);
  absl::StatusOr<v1::InventorySettings> GetSettings(const runtime::CallContext& call,
                                                    const v1::GetInventorySettingsRequest& request);
  absl::StatusOr<v1::InventorySettings> UpdateSettings(const runtime::CallContext& call,
                                                       const v1::UpdateInventorySettingsRequest& request);

 private:
  using Forecasts = std::vector<std::pair<Node, StoredForecast>>;

  // FAILED_PRECONDITION (NO_FORECASTS).
  absl::StatusOr<Run> NewestRun(const std::string& shop);
  // Daily, of the products named, or of all.
  absl::StatusOr<Forecasts> ForecastsOf(const Run& run, const google::protobuf::RepeatedPtrField<std::string>& ids);
  absl::StatusOr<v1::InventoryPolicy> PolicyOr(const std::string& shop, bool given, const v1::InventoryPolicy& policy);

  const Parts parts_;
};

}  // namespace kontor::forecasting
