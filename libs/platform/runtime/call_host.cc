#include <algorithm>
#include <thread>

#include "libs/platform/runtime/call.h"

namespace kontor::runtime {
namespace {

int WorkerThreads(const ServerOptions& options) {
  if (options.worker_threads > 0) return options.worker_threads;
  return std::max(8, 2 * static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace

CallHost::CallHost(const ServerOptions& server_options, Metrics& process_metrics)
    : options(server_options),
      keys(server_options.keys_file),
      quota(server_options.quota_calls_per_second, server_options.quota_burst),
      unary_pool("unary", WorkerThreads(server_options), server_options.queue_length, process_metrics),
      stream_pool("stream", server_options.stream_threads, 0, process_metrics),
      unknown_method(process_metrics, "unknown", "unknown", "unknown"),
      expired_in_queue(process_metrics.counter("kontor_calls_expired_in_queue_total",
                                               "Calls that ended before a thread was free; they never ran.")),
      refused_by_quota(
          process_metrics.counter("kontor_calls_refused_by_quota_total", "Calls refused by their shop's quota.")) {}

void CallHost::Add(Call& call) {
  base::MutexLock lock(mutex_);
  calls_.insert(&call);
}

void CallHost::Remove(Call& call) {
  base::MutexLock lock(mutex_);
  calls_.erase(&call);
  if (calls_.empty()) idle_.NotifyAll();
}

bool CallHost::AwaitIdle(CallContext::TimePoint until) {
  base::MutexLock lock(mutex_);
  while (!calls_.empty()) {
    const auto left = until - std::chrono::steady_clock::now();
    if (left <= left.zero()) return false;
    idle_.WaitFor(mutex_, absl::FromChrono(left));
  }
  return true;
}

void CallHost::Sweep() {
  std::vector<std::shared_ptr<Call>> calls;
  {
    base::MutexLock lock(mutex_);
    calls.reserve(calls_.size());
    for (Call* call : calls_) calls.push_back(call->shared_from_this());
  }
  const auto now = std::chrono::steady_clock::now();
  for (const auto& call : calls) call->EndIfExpired(now);
}

}  // namespace kontor::runtime
