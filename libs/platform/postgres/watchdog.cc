#include "libs/platform/postgres/watchdog.h"

#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <limits>

namespace kontor::postgres {
namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

int64_t NowNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

Watchdog::~Watchdog() {
  {
    base::MutexLock lock(mutex_);
    stop_ = true;
  }
  changed_.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

int64_t Watchdog::Arm(int fd, absl::Duration patience) {
  base::MutexLock lock(mutex_);
  if (!started_) {
    started_ = true;
    wakes_at_ns_ = kNever;
    thread_ = std::thread([this] { Loop(); });
  }
  const int64_t id = next_id_++;
  const int64_t deadline_ns = NowNs() + absl::ToInt64Nanoseconds(patience);
  watches_[id] = {fd, deadline_ns};
  if (deadline_ns < wakes_at_ns_) changed_.NotifyAll();
  return id;
}

void Watchdog::Disarm(int64_t id) {
  base::MutexLock lock(mutex_);
  watches_.erase(id);
}

int64_t Watchdog::cuts() const {
  base::MutexLock lock(mutex_);
  return cuts_;
}

void Watchdog::Loop() {
  base::MutexLock lock(mutex_);
  while (!stop_) {
    const int64_t now = NowNs();
    wakes_at_ns_ = kNever;
    for (auto it = watches_.begin(); it != watches_.end();) {
      if (it->second.deadline_ns <= now) {
        shutdown(it->second.fd, SHUT_RDWR);
        ++cuts_;
        it = watches_.erase(it);
      } else {
        wakes_at_ns_ = std::min(wakes_at_ns_, it->second.deadline_ns);
        ++it;
      }
    }
    if (wakes_at_ns_ == kNever) {
      changed_.Wait(mutex_);
    } else {
      changed_.WaitFor(mutex_, absl::Nanoseconds(wakes_at_ns_ - now));
    }
  }
}

}  // namespace kontor::postgres
