#pragma once

#include "absl/status/status.h"
#include "libs/platform/fleet/fleet.h"

namespace kontor::search {

// Puts SearchService and CurationService onto the fleet's server; migrates schema `search`; loads each shop's index
// from its last snapshot and follows the log from there. The server is ready once the follower has caught up.
absl::Status RegisterSearch(fleet::Fleet& fleet);

}  // namespace kontor::search
