#include "libs/platform/log/partition_table.h"

#include <algorithm>
#include <chrono>

namespace kontor::log {

int64_t MonotonicNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

void PartitionTable::Add(const PartitionLease& lease, int64_t published_through) {
  base::MutexLock lock(mutex_);
  std::vector<int> load(static_cast<size_t>(workers_));
  for (const Handle& entry : entries_) ++load[static_cast<size_t>(entry->worker)];
  auto entry = std::make_shared<Entry>();
  entry->lease = lease;
  entry->published_through = published_through;
  entry->worker = static_cast<int>(std::min_element(load.begin(), load.end()) - load.begin());
  entries_.push_back(std::move(entry));
  ++stats_.leases_taken;
  wake_.NotifyAll();
}

bool PartitionTable::Holds(const PartitionLease& lease) const {
  base::MutexLock lock(mutex_);
  return std::any_of(entries_.begin(), entries_.end(),
                     [&](const Handle& entry) { return entry->lease.SamePartition(lease); });
}

void PartitionTable::Keep(const std::vector<PartitionLease>& held) {
  base::MutexLock lock(mutex_);
  std::erase_if(entries_, [&](const Handle& entry) {
    return std::none_of(held.begin(), held.end(), [&](const PartitionLease& lease) {
      return lease.SamePartition(entry->lease) && lease.epoch == entry->lease.epoch;
    });
  });
}

void PartitionTable::ShedTo(int fair) {
  base::MutexLock lock(mutex_);
  int staying = 0;
  for (const Handle& entry : entries_) {
    if (!entry->leaving && ++staying > fair) entry->leaving = true;
  }
}

std::vector<PartitionLease> PartitionTable::TakeLeaving() {
  base::MutexLock lock(mutex_);
  std::vector<PartitionLease> taken;
  std::erase_if(entries_, [&](const Handle& entry) {
    if (!entry->leaving || entry->busy) return false;
    taken.push_back(entry->lease);
    return true;
  });
  stats_.leases_released += static_cast<int64_t>(taken.size());
  return taken;
}

std::vector<PartitionLease> PartitionTable::TakeAll() {
  base::MutexLock lock(mutex_);
  std::vector<PartitionLease> taken;
  for (const Handle& entry : entries_) taken.push_back(entry->lease);
  entries_.clear();
  stats_.leases_released += static_cast<int64_t>(taken.size());
  return taken;
}

std::vector<PartitionTable::Handle> PartitionTable::Runnable(int worker) const {
  const int64_t now_ns = MonotonicNs();
  base::MutexLock lock(mutex_);
  std::vector<Handle> runnable;
  for (const Handle& entry : entries_) {
    if (entry->worker == worker && !entry->leaving && !entry->stopped && entry->paused_until_ns <= now_ns) {
      runnable.push_back(entry);
    }
  }
  return runnable;
}

bool PartitionTable::Begin(const Handle& entry) {
  base::MutexLock lock(mutex_);
  const bool held = std::find(entries_.begin(), entries_.end(), entry) != entries_.end();
  if (!held || entry->leaving) return false;
  entry->busy = true;
  return true;
}

void PartitionTable::End(const Handle& entry, const std::function<void(Entry&)>& change) {
  base::MutexLock lock(mutex_);
  entry->busy = false;
  change(*entry);
  if (entry->leaving) wake_.NotifyAll();
}

void PartitionTable::Remove(const Handle& entry) {
  base::MutexLock lock(mutex_);
  entry->busy = false;
  std::erase(entries_, entry);
  wake_.NotifyAll();
}

void PartitionTable::Moved(const Handle& entry, int64_t next_offset) {
  base::MutexLock lock(mutex_);
  entry->lease.next_offset = next_offset;
  moved_.NotifyAll();
}

std::vector<Position> PartitionTable::Applied() const {
  base::MutexLock lock(mutex_);
  std::vector<Position> applied;
  for (const Handle& entry : entries_) {
    applied.push_back({entry->lease.topic, entry->lease.partition, entry->lease.next_offset});
  }
  return applied;
}

int64_t PartitionTable::NextOffset(const std::string& topic, int partition) const {
  base::MutexLock lock(mutex_);
  for (const Handle& entry : entries_) {
    if (entry->lease.partition == partition && entry->lease.topic == topic) return entry->lease.next_offset;
  }
  return -1;
}

void PartitionTable::WaitMoved(absl::Duration timeout) const {
  base::MutexLock lock(mutex_);
  moved_.WaitFor(mutex_, timeout);
}

void PartitionTable::Count(const std::function<void(ConsumerStats&)>& change) {
  base::MutexLock lock(mutex_);
  change(stats_);
}

ConsumerStats PartitionTable::Stats() const {
  base::MutexLock lock(mutex_);
  ConsumerStats stats = stats_;
  stats.partitions_held = static_cast<int>(entries_.size());
  stats.partitions_stopped = static_cast<int>(
      std::count_if(entries_.begin(), entries_.end(), [](const Handle& entry) { return entry->stopped; }));
  return stats;
}

void PartitionTable::Sleep(absl::Duration timeout) {
  base::MutexLock lock(mutex_);
  wake_.WaitFor(mutex_, timeout);
}

void PartitionTable::Wake() {
  base::MutexLock lock(mutex_);
  wake_.NotifyAll();
}

}  // namespace kontor::log
