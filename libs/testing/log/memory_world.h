#pragma once

#include <memory>

#include "libs/platform/log/memory_event_log.h"
#include "libs/testing/log/event_log_world.h"

namespace kontor::log {

// For tests: the log in memory.
class MemoryWorld : public EventLogWorld {
 public:
  EventLog& log() override { return *log_; }
  EventLog& other_log() override { return *log_; }

 private:
  std::unique_ptr<EventLog> log_ = MakeMemoryEventLog(clock_);
};

inline std::unique_ptr<EventLogWorld> MakeMemoryWorld() { return std::make_unique<MemoryWorld>(); }

}  // namespace kontor::log
