#pragma once

#include "absl/time/time.h"
#include "libs/base/clock.h"
#include "libs/base/mutex.h"

namespace kontor::testing {

// A clock that stands still until it is told otherwise. Thread-safe.
class FakeClock : public base::Clock {
 public:
  // 2011-12-09 12:50:00 UTC unless told otherwise.
  explicit FakeClock(absl::Time now = absl::FromUnixSeconds(1323435000)) : now_(now) {}

  absl::Time Now() const override {
    base::MutexLock lock(mutex_);
    return now_;
  }
  void Set(absl::Time now) {
    base::MutexLock lock(mutex_);
    now_ = now;
  }
  void Advance(absl::Duration step) {
    base::MutexLock lock(mutex_);
    now_ += step;
  }

 private:
  mutable base::Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kontor::testing
