#pragma once

#include <chrono>
#include <cstdint>

#include "absl/time/time.h"
#include "libs/base/mutex.h"

namespace kontor::log {

// Inside this library only: tells waiters to look again. A waiter takes Version, looks, and waits for a later version,
// so that nothing raised in between is missed. Thread-safe; Raise never blocks for long.
class WakeSignal {
 public:
  void Raise() {
    base::MutexLock lock(mutex_);
    ++version_;
    raised_.NotifyAll();
  }
  int64_t Version() {
    base::MutexLock lock(mutex_);
    return version_;
  }
  // False when the deadline passed first.
  bool WaitBeyond(int64_t version, std::chrono::steady_clock::time_point deadline) {
    base::MutexLock lock(mutex_);
    while (version_ == version) {
      const auto left = deadline - std::chrono::steady_clock::now();
      if (left <= std::chrono::nanoseconds(0)) return false;
      raised_.WaitFor(mutex_, absl::FromChrono(left));
    }
    return true;
  }

 private:
  base::Mutex mutex_;
  base::CondVar raised_;
  int64_t version_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace kontor::log
