#pragma once

#include "absl/status/statusor.h"
#include "libs/domain/forecasting/scenario.h"
#include "services/forecasting/past_reader.h"

namespace kontor::forecasting {

// The effect of a request's scenario on the steps after a past. Prices are those that were paid, of a single product;
// days and weeks without a sale go on with the price before. INVALID_ARGUMENT for an unknown country.
absl::StatusOr<ScenarioEffect> ReadScenario(DemandStore& store, const fleet::Shop& shop,
                                            const v1::ForecastRequest& request, const Past& past, int horizon);

}  // namespace kontor::forecasting
