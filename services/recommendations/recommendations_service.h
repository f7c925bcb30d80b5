#pragma once

#include "absl/status/status.h"
#include "libs/platform/fleet/fleet.h"

namespace kontor::recommendations {

// Puts RecommendationService onto the fleet's server; migrates schema `recommendations`; loads each shop's serving
// model; starts the consumer that keeps the purchases, the follower of live events and the thread that keeps models
// current. The server is ready once the follower has caught up; without a model or without Redis it is ready all the
// same.
absl::Status RegisterRecommendations(fleet::Fleet& fleet);

}  // namespace kontor::recommendations
