#pragma once

#include "absl/status/status.h"
#include "services/kontorctl/demo_cast.h"
#include "services/kontorctl/session.h"

namespace kontor::ctl {

// The tour's part about what will be sold: forecasts as they would have been made four weeks before the end of the data
// beside what came, those from the end on, trends, and what stock would be needed. Nothing for a shop with fewer than
// ten weeks of orders.
absl::Status ShowForecasts(const Session& session, const DemoCast& cast);

}  // namespace kontor::ctl
