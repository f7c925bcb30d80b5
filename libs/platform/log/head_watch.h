#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "libs/base/mutex.h"

namespace kontor::log {

// Inside this library only: waiting for heads. One thread asks for the heads of all partitions at every interval, for
// as long as somebody waits; appends of this process are told to it and wake the waiters at once. Thread-safe.
class HeadWatch {
 public:
  using Heads = std::map<int64_t, int64_t>;  // partition id to the offset after the last record
  using ReadHeads = std::function<absl::StatusOr<Heads>()>;

  HeadWatch(absl::Duration interval, ReadHeads read_heads);
  ~HeadWatch();

  void Appended(int64_t partition_id, int64_t end);
  struct Wanted {
    int64_t partition_id;
    int64_t offset;
  };
  // The indexes of `wanted` whose partition has a record at or after the offset; waits for the first up to `timeout`.
  // An error of read_heads is returned to all who wait.
  absl::StatusOr<std::vector<size_t>> Wait(absl::Span<const Wanted> wanted, absl::Duration timeout);

 private:
  void Loop();
  std::vector<size_t> Ready(absl::Span<const Wanted> wanted) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const absl::Duration interval_;
  const ReadHeads read_heads_;
  base::Mutex mutex_;
  base::CondVar moved_;  // heads_, error_ or reads_ changed
  base::CondVar work_;   // a waiter came, or stop
  Heads heads_ ABSL_GUARDED_BY(mutex_);
  absl::Status error_ ABSL_GUARDED_BY(mutex_);
  int64_t reads_ ABSL_GUARDED_BY(mutex_) = 0;
  int waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace kontor::log
