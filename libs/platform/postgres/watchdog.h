#pragma once

#include <cstdint>
#include <map>
#include <thread>

#include "absl/time/time.h"
#include "libs/base/mutex.h"

namespace kontor::postgres {

// Cuts connections whose server stays silent for too long: libpq waits without a limit of its own once connected, so
// that a peer that vanished without a word would hold a thread for ever. Thread-safe. One thread, started when needed.
class Watchdog {
 public:
  Watchdog() = default;
  ~Watchdog();

  // From now on the socket `fd` is shut down (not closed) after `patience`, unless Disarm(id) comes first. After Disarm
  // has returned the socket may be closed.
  int64_t Arm(int fd, absl::Duration patience);
  void Disarm(int64_t id);
  int64_t cuts() const;

 private:
  struct Watch {
    int fd;
    int64_t deadline_ns;  // monotonic
  };
  void Loop();

  mutable base::Mutex mutex_;
  base::CondVar changed_;
  std::map<int64_t, Watch> watches_ ABSL_GUARDED_BY(mutex_);
  int64_t next_id_ ABSL_GUARDED_BY(mutex_) = 1;
  int64_t cuts_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t wakes_at_ns_ ABSL_GUARDED_BY(mutex_) = 0;  // 0: not waiting for a time
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  bool started_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace kontor::postgres
