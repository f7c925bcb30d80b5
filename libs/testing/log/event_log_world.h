#pragma once

#include <memory>

#include "libs/platform/log/event_log.h"
#include "libs/testing/fake_clock.h"

namespace kontor::log {

// For tests: a fresh, empty log of the engine under test.
class EventLogWorld {
 public:
  virtual ~EventLogWorld() = default;
  virtual EventLog& log() = 0;
  // The same log as another process sees it; may be the same object where an engine knows one process only.
  virtual EventLog& other_log() = 0;
  kontor::testing::FakeClock& clock() { return clock_; }

 protected:
  kontor::testing::FakeClock clock_;
};

using MakeWorld = std::unique_ptr<EventLogWorld> (*)();

}  // namespace kontor::log
