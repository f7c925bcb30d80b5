#pragma once

#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "libs/base/mutex.h"
#include "libs/platform/runtime/metrics.h"

namespace kontor::runtime {

// Threads that run jobs in the order of their arrival, with a bounded queue. Threads are started as they are needed,
// up to the maximum, and stay. Where there are several lanes, jobs of one hold at most three quarters of the threads,
// and of the threads and the queue together: those of a lane that waits for something dead leave room for the others
// (bulkheads; Nygard 2007, "Release It!"). Thread-safe.
class WorkerPool {
 public:
  // `name` is the label `pool` of the metrics.
  WorkerPool(const std::string& name, int max_threads, int queue_length, Metrics& metrics);
  ~WorkerPool();  // Stop
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // How many lanes there are; one at first. Before the first job.
  void SetLanes(size_t lanes);
  // False, at once, when all threads are busy and the queue is full, for all or for the lane, or after Stop.
  bool TrySubmit(std::function<void()> job, size_t lane = 0);
  // Runs what is queued, then ends the threads. Idempotent; not from a job.
  void Stop();

 private:
  // False when a thread is needed and there is none at all.
  bool EnsureThread() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Work();
  // What one lane may have of so many.
  size_t ShareOf(size_t all) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  struct Job {
    size_t lane = 0;
    std::function<void()> run;
  };
  // The first job whose lane has a thread left.
  std::deque<Job>::iterator Next() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  struct Lane {
    size_t in_flight = 0, running = 0;
  };

  const size_t max_threads_;
  const size_t queue_length_;
  Gauge queued_gauge_;
  Gauge busy_gauge_;
  Counter refused_;

  base::Mutex mutex_;
  base::CondVar changed_;
  std::deque<Job> queue_ ABSL_GUARDED_BY(mutex_);
  std::vector<Lane> lanes_ ABSL_GUARDED_BY(mutex_) = std::vector<Lane>(1);
  std::vector<std::thread> threads_ ABSL_GUARDED_BY(mutex_);
  size_t in_flight_ ABSL_GUARDED_BY(mutex_) = 0;  // queued or running
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace kontor::runtime
