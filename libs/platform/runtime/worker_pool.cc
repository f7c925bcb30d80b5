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

bool WorkerPool::TrySubmit(std::function<void()> job) {
  base::MutexLock lock(mutex_);
  if (stopping_ || in_flight_ >= max_threads_ + queue_length_ || !EnsureThread()) {
    refused_.Add();
    return false;
  }
  ++in_flight_;
  queue_.push_back(std::move(job));
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

void WorkerPool::Work() {
  base::MutexLock lock(mutex_);
  while (true) {
    while (queue_.empty() && !stopping_) changed_.Wait(mutex_);
    if (queue_.empty()) return;
    std::function<void()> job = std::move(queue_.front());
    queue_.pop_front();
    queued_gauge_.Set(static_cast<double>(queue_.size()));
    mutex_.Unlock();
    busy_gauge_.Add(1);
    job();
    job = nullptr;
    busy_gauge_.Add(-1);
    mutex_.Lock();
    --in_flight_;
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
