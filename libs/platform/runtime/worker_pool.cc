#include "libs/platform/runtime/worker_pool.h"

#include <system_error>
#include <utility>

namespace kontor::runtime {

WorkerPool::WorkerPool(const std::string& name, int max_threads, int queue_length, Metrics& metrics)
    : max_threads_(max_threads),
      queue_length_(queue_length),
      queued_gauge_(metrics.gauge("kontor_pool_queued", "Calls that wait for a thread.", {{"pool", name}})),
      busy_gauge_(metrics.gauge("kontor_pool_busy_threads", "Threads that run a call.", {{"pool", name}})),
      refused_(
          metrics.counter("kontor_pool_refused_total", "Calls refused because the pool was full.", {{"pool", name}})) {}

WorkerPool::~WorkerPool() { Stop(); }

void WorkerPool::SetLanes(size_t lanes) {
  base::MutexLock lock(mutex_);
  lanes_.assign(lanes, {});
}

size_t WorkerPool::ShareOf(size_t all) const { return lanes_.size() > 1 ? all - all / 4 : all; }

bool WorkerPool::TrySubmit(std::function<void()> job, size_t lane) {
  base::MutexLock lock(mutex_);
  const size_t places = max_threads_ + queue_length_;
  if (stopping_ || in_flight_ >= places || lanes_[lane].in_flight >= ShareOf(places) || !EnsureThread()) {
    refused_.Add();
    return false;
  }
  ++in_flight_;
  ++lanes_[lane].in_flight;
  queue_.push_back({lane, std::move(job)});
  queued_gauge_.Set(static_cast<double>(queue_.size()));
  changed_.NotifyOne();
  return true;
}

bool WorkerPool::EnsureThread() {
  if (in_flight_ < threads_.size() || threads_.size() >= max_threads_) return true;
  try {
    threads_.emplace_back([this] { Work(); });
  } catch (const std::system_error&) {
    return !threads_.empty();  // the system has none to spare: those that exist must do
  }
  return true;
}

std::deque<WorkerPool::Job>::iterator WorkerPool::Next() {
  auto next = queue_.begin();
  while (next != queue_.end() && lanes_[next->lane].running >= ShareOf(max_threads_)) ++next;
  return next;
}

void WorkerPool::Work() {
  base::MutexLock lock(mutex_);
  while (true) {
    auto next = Next();
    if (next == queue_.end()) {
      if (stopping_ && queue_.empty()) return;
      changed_.Wait(mutex_);
      continue;
    }
    Job job = std::move(*next);
    queue_.erase(next);
    ++lanes_[job.lane].running;
    queued_gauge_.Set(static_cast<double>(queue_.size()));
    mutex_.Unlock();
    busy_gauge_.Add(1);
    job.run();
    job.run = nullptr;
    busy_gauge_.Add(-1);
    mutex_.Lock();
    --in_flight_;
    --lanes_[job.lane].in_flight;
    --lanes_[job.lane].running;
    if (stopping_) changed_.NotifyAll();
    if (!queue_.empty()) changed_.NotifyOne();  // its lane may be why another thread waits
  }
}

void WorkerPool::Stop() {
  std::vector<std::thread> threads;
  {
    base::MutexLock lock(mutex_);
    stopping_ = true;
    threads.swap(threads_);
    changed_.NotifyAll();
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace kontor::runtime
