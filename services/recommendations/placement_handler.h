#pragma once

#include "absl/status/statusor.h"
#include "kontor/recommendations/v1/placement_service.pb.h"
#include "libs/base/clock.h"
#include "libs/platform/postgres/pool.h"
#include "libs/platform/runtime/call_context.h"
#include "services/recommendations/placement_book.h"
#include "services/recommendations/placement_keeper.h"
#include "services/recommendations/placement_store.h"

namespace kontor::recommendations {

// PlacementService. INVALID_ARGUMENT with all violations, ABORTED (SETTINGS_CHANGED), and what the store says.
// Thread-safe.
class PlacementHandler {
 public:
  struct Parts {
    postgres::Pool& pool;
    PlacementStore& store;
    PlacementKeeper& keeper;
    const PlacementBook& book;
    const base::Clock& clock;
  };
  explicit PlacementHandler(const Parts& parts) : parts_(parts) {}

  absl::StatusOr<v1::ListPlacementSettingsResponse> ListPlacementSettings(
      const runtime::CallContext& call, const v1::ListPlacementSettingsRequest& request);
  absl::StatusOr<v1::PlacementSettings> UpdatePlacementSettings(const runtime::CallContext& call,
                                                                const v1::UpdatePlacementSettingsRequest& request);
  absl::StatusOr<v1::EvaluateStrategiesResponse> EvaluateStrategies(const runtime::CallContext& call,
                                                                    const v1::EvaluateStrategiesRequest& request);

 private:
  const Parts parts_;
};

}  // namespace kontor::recommendations
