#pragma once

#include <memory>

#include "libs/base/clock.h"
#include "libs/platform/log/event_log.h"

namespace kontor::log {

// An event log in memory with the full contract of EventLog except durability: for unit tests. `clock` must outlive it.
std::unique_ptr<EventLog> MakeMemoryEventLog(const base::Clock& clock);

}  // namespace kontor::log
