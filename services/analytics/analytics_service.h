#pragma once

#include "absl/status/status.h"
#include "libs/platform/fleet/fleet.h"

namespace kontor::analytics {

// Puts AnalyticsService onto the fleet's server and starts both readers of the log: the view in memory that answers,
// and the consumer that keeps schema `analytics` for SQL. Migrates that schema and gives analysts their access. The
// server is ready once the view has caught up.
absl::Status RegisterAnalytics(fleet::Fleet& fleet);

}  // namespace kontor::analytics
