#pragma once

#include "absl/time/time.h"

namespace kontor::base {

// The wall clock, injected. Deadlines and waits use the monotonic clock of the standard library, never this one.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;  // UTC, truncated to microseconds; thread-safe
};

// The machine's clock; lives for ever.
const Clock& SystemClock();

}  // namespace kontor::base
