#pragma once

#include "absl/status/status.h"
#include "libs/platform/fleet/fleet.h"

namespace kontor::forecasting {

// Puts ForecastingService and InventoryService onto the fleet's server; migrates schema `forecasting`; consumes orders,
// catalog, inventory and market into it; works runs off in the background.
absl::Status RegisterForecasting(fleet::Fleet& fleet);

}  // namespace kontor::forecasting
