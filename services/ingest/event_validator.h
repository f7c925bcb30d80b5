#pragma once

#include "absl/time/time.h"
#include "kontor/events/v1/event.pb.h"
#include "libs/base/status.h"

namespace kontor::ingest {

// The rules every event must keep, live or imported; docs/errors.md lists the reasons. Pure: no I/O, no clock.
struct ValidationContext {
  absl::Time now;         // the intake's clock
  bool imported = false;  // history: behaviour may be older than 7 days
};

// All violations of one event; none means it may go onto the log. Fields are paths within the event.
base::Violations ValidateEvent(const kontor::events::v1::Event& event, const ValidationContext& context);

}  // namespace kontor::ingest
