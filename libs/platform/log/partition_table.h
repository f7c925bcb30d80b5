#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "libs/base/mutex.h"
#include "libs/platform/log/consumer.h"
#include "libs/platform/log/lease_store.h"

namespace kontor::log {

// Inside this library only: the partitions that this process holds, shared by the thread that leases and the workers
// that apply. A partition has one worker; while it is busy nobody else touches it. Thread-safe.
class PartitionTable {
 public:
  struct Entry {
    PartitionLease lease;
    int64_t published_through = 0;
    int worker = 0;
    bool busy = false;            // its worker is applying
    bool leaving = false;         // to be given back as soon as it is not busy
    bool stopped = false;         // an alarm: held, but not read any more
    bool replay = true;           // parked records have not been looked at yet
    int failures = 0;             // transient errors in a row
    int max_records = 0;          // of the next batch; 0 is the option's
    int64_t paused_until_ns = 0;  // monotonic
  };
  using Handle = std::shared_ptr<Entry>;

  explicit PartitionTable(int workers) : workers_(workers) {}

  void Add(const PartitionLease& lease, int64_t published_through);
  bool Holds(const PartitionLease& lease) const;
  // Forgets every entry whose lease is not in `held` with its epoch.
  void Keep(const std::vector<PartitionLease>& held);
  // Marks entries as leaving until no more than `fair` stay.
  void ShedTo(int fair);
  // The leaving entries that are not busy, taken out of the table.
  std::vector<PartitionLease> TakeLeaving();
  std::vector<PartitionLease> TakeAll();

  // What a worker may work on now, marked busy, or what it may wait for, with the next offsets.
  std::vector<Handle> Runnable(int worker) const;
  bool Begin(const Handle& entry);  // false: it has been taken away meanwhile
  // Ends the work; `change` runs under the lock.
  void End(const Handle& entry, const std::function<void(Entry&)>& change);
  void Remove(const Handle& entry);
  void Moved(const Handle& entry, int64_t next_offset);

  std::vector<Position> Applied() const;
  // The next offset of a partition that is held, or -1.
  int64_t NextOffset(const std::string& topic, int partition) const;
  // Waits for a change of any offset.
  void WaitMoved(absl::Duration timeout) const;

  void Count(const std::function<void(ConsumerStats&)>& change);
  ConsumerStats Stats() const;

  // Waits until Wake or the timeout.
  void Sleep(absl::Duration timeout);
  void Wake();

 private:
  mutable base::Mutex mutex_;
  mutable base::CondVar moved_;
  base::CondVar wake_;
  const int workers_;
  std::vector<Handle> entries_ ABSL_GUARDED_BY(mutex_);
  ConsumerStats stats_ ABSL_GUARDED_BY(mutex_);
};

int64_t MonotonicNs();

}  // namespace kontor::log
