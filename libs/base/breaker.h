#pragma once

#include <chrono>
#include <cstdint>

namespace kontor::base {

// A circuit breaker: opens after `failures` in a row, lets one trial through after `open_for`, closes on a success.
// Not thread-safe; the monotonic time is passed in.
class Breaker {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  Breaker(int failures, std::chrono::nanoseconds open_for) : failures_(failures), open_for_(open_for) {}

  // May a call go through now? While open, the one that may is the trial.
  bool Admit(TimePoint now) {
    if (in_a_row_ < failures_) return true;
    if (trial_ || now < retry_at_) return false;
    trial_ = true;
    return true;
  }
  void Succeeded() {
    in_a_row_ = 0;
    trial_ = false;
  }
  void Failed(TimePoint now) {
    const bool was_open = open();
    ++in_a_row_;
    trial_ = false;
    if (open()) retry_at_ = now + open_for_;
    if (open() && !was_open) ++opened_;
  }

  bool open() const { return in_a_row_ >= failures_; }
  int64_t opened() const { return opened_; }

 private:
  const int failures_;
  const std::chrono::nanoseconds open_for_;
  int in_a_row_ = 0;
  bool trial_ = false;
  TimePoint retry_at_;
  int64_t opened_ = 0;
};

}  // namespace kontor::base
