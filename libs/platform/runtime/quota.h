#pragma once

#include <chrono>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/base/mutex.h"

namespace kontor::runtime {

// A token bucket per shop: `burst` calls at once, refilled at `per_second`. Thread-safe, one short lock per call.
// Memory is bounded: full buckets of idle shops are forgotten when there are more than 10,000.
class Quota {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // per_second == 0: no quota.
  Quota(double per_second, double burst) : per_second_(per_second), burst_(burst) {}

  // Takes one call of a shop; zero when it may run, else the time after which one is free.
  absl::Duration Take(absl::string_view shop, TimePoint now);

 private:
  struct Bucket {
    double tokens;
    TimePoint filled;
  };
  void ForgetFull(TimePoint now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const double per_second_;
  const double burst_;
  base::Mutex mutex_;
  absl::flat_hash_map<std::string, Bucket> buckets_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kontor::runtime
