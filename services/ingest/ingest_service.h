#pragma once

#include "absl/status/status.h"
#include "libs/platform/fleet/fleet.h"

namespace kontor::ingest {

// Puts EventService and ImportService onto the fleet's server; migrates schema `ingest`.
absl::Status RegisterIngest(fleet::Fleet& fleet);

}  // namespace kontor::ingest
