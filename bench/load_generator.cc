#include "bench/load_generator.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>

#include "libs/base/mutex.h"

namespace kontor::bench {
namespace {

using Clock = std::chrono::steady_clock;

// Collects the ends of calls from many threads.
class Recorder {
 public:
  void Opened() {
    base::MutexLock lock(mutex_);
    ++open_;
  }
  void Closed(bool ok, Clock::time_point since) {
    const Clock::time_point now = Clock::now();
    base::MutexLock lock(mutex_);
    if (ok) {
      result_.latencies_us.push_back(std::chrono::duration_cast<std::chrono::microseconds>(now - since).count());
    } else {
      ++result_.errors;
    }
    last_ = now;
    --open_;
    closed_.NotifyAll();
  }
  bool OpenedBelow(int limit) {
    base::MutexLock lock(mutex_);
    if (open_ >= limit) return false;
    ++open_;
    return true;
  }
  // Waits until fewer than `limit` calls are open.
  void WaitBelow(int limit) {
    base::MutexLock lock(mutex_);
    while (open_ >= limit) closed_.Wait(mutex_);
  }
  LoadResult Finish(Clock::time_point begin) {
    WaitBelow(1);
    base::MutexLock lock(mutex_);
    result_.seconds = std::max(1e-9, std::chrono::duration<double>(last_ - begin).count());
    return std::move(result_);
  }

 private:
  base::Mutex mutex_;
  base::CondVar closed_;
  int open_ ABSL_GUARDED_BY(mutex_) = 0;
  Clock::time_point last_ ABSL_GUARDED_BY(mutex_);
  LoadResult result_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

double LoadResult::QuantileMs(double q) const {
  if (latencies_us.empty()) return 0;
  std::vector<int64_t> sorted = latencies_us;
  const auto count = static_cast<double>(sorted.size());
  const auto rank = static_cast<std::ptrdiff_t>(std::clamp(std::ceil(q * count), 1.0, count)) - 1;
  std::nth_element(sorted.begin(), sorted.begin() + rank, sorted.end());
  return static_cast<double>(sorted[rank]) / 1000;
}

void LoadResult::Merge(const LoadResult& other) {
  latencies_us.insert(latencies_us.end(), other.latencies_us.begin(), other.latencies_us.end());
  errors += other.errors;
  seconds += other.seconds;
}

LoadResult RunOpenLoop(const StartCall& start, double rate, absl::Duration duration, int64_t first_index) {
  Recorder recorder;
  const auto calls = static_cast<int64_t>(rate * absl::ToDoubleSeconds(duration));
  const Clock::time_point begin = Clock::now();
  for (int64_t i = 0; i < calls; ++i) {
    const Clock::time_point intended = begin + std::chrono::duration_cast<Clock::duration>(
                                                   std::chrono::duration<double>(static_cast<double>(i) / rate));
    std::this_thread::sleep_until(intended);
    recorder.Opened();
    start(first_index + i, [&recorder, intended](bool ok) { recorder.Closed(ok, intended); });
  }
  return recorder.Finish(begin);
}

LoadResult RunOpenLoopWhile(const StartCall& start, double rate, const std::function<bool()>& go_on) {
  Recorder recorder;
  const Clock::time_point begin = Clock::now();
  for (int64_t i = 0; go_on(); ++i) {
    const Clock::time_point intended = begin + std::chrono::duration_cast<Clock::duration>(
                                                   std::chrono::duration<double>(static_cast<double>(i) / rate));
    std::this_thread::sleep_until(intended);
    recorder.Opened();
    start(i, [&recorder, intended](bool ok) { recorder.Closed(ok, intended); });
  }
  return recorder.Finish(begin);
}

LoadResult RunFlood(const StartCall& start, double rate, int outstanding, absl::Duration duration) {
  Recorder recorder;
  const auto calls = static_cast<int64_t>(rate * absl::ToDoubleSeconds(duration));
  const Clock::time_point begin = Clock::now();
  for (int64_t i = 0; i < calls; ++i) {
    const Clock::time_point intended = begin + std::chrono::duration_cast<Clock::duration>(
                                                   std::chrono::duration<double>(static_cast<double>(i) / rate));
    std::this_thread::sleep_until(intended);
    const Clock::time_point now = Clock::now();
    if (now - begin > absl::ToChronoNanoseconds(duration)) break;
    if (!recorder.OpenedBelow(outstanding)) continue;
    start(i, [&recorder, now](bool ok) { recorder.Closed(ok, now); });
  }
  return recorder.Finish(begin);
}

LoadResult RunClosedLoop(const StartCall& start, int concurrency, absl::Duration duration, int64_t first_index) {
  Recorder recorder;
  const Clock::time_point begin = Clock::now();
  const Clock::time_point end = begin + absl::ToChronoNanoseconds(duration);
  for (int64_t i = first_index; Clock::now() < end; ++i) {
    recorder.WaitBelow(concurrency);
    recorder.Opened();
    start(i, [&recorder, since = Clock::now()](bool ok) { recorder.Closed(ok, since); });
  }
  return recorder.Finish(begin);
}

}  // namespace kontor::bench
