#include "libs/platform/log/head_watch.h"

#include <algorithm>
#include <chrono>

namespace kontor::log {

HeadWatch::HeadWatch(absl::Duration interval, ReadHeads read_heads)
    : interval_(interval), read_heads_(std::move(read_heads)), thread_([this] { Loop(); }) {}

HeadWatch::~HeadWatch() {
  {
    base::MutexLock lock(mutex_);
    stop_ = true;
  }
  work_.NotifyAll();
  thread_.join();
}

void HeadWatch::Appended(int64_t partition_id, int64_t end) {
  base::MutexLock lock(mutex_);
  int64_t& head = heads_[partition_id];
  head = std::max(head, end);
  moved_.NotifyAll();
}

std::vector<size_t> HeadWatch::Ready(absl::Span<const Wanted> wanted) const {
  std::vector<size_t> ready;
  for (size_t i = 0; i < wanted.size(); ++i) {
    const auto head = heads_.find(wanted[i].partition_id);
    if (head != heads_.end() && head->second > wanted[i].offset) ready.push_back(i);
  }
  return ready;
}

absl::StatusOr<std::vector<size_t>> HeadWatch::Wait(absl::Span<const Wanted> wanted, absl::Duration timeout) {
  const auto deadline = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(timeout);
  base::MutexLock lock(mutex_);
  std::vector<size_t> ready = Ready(wanted);
  if (!ready.empty()) return ready;
  const int64_t reads_before = reads_;
  ++waiting_;
  work_.NotifyAll();
  absl::Status error;
  while (ready.empty() && error.ok()) {
    const auto left = deadline - std::chrono::steady_clock::now();
    if (left <= std::chrono::nanoseconds(0)) break;
    moved_.WaitFor(mutex_, absl::FromChrono(left));
    ready = Ready(wanted);
    if (reads_ > reads_before) error = error_;
  }
  --waiting_;
  if (ready.empty() && !error.ok()) return error;
  return ready;
}

void HeadWatch::Loop() {
  base::MutexLock lock(mutex_);
  while (!stop_) {
    if (waiting_ == 0) {
      work_.Wait(mutex_);
      continue;
    }
    mutex_.Unlock();
    absl::StatusOr<Heads> heads = read_heads_();
    mutex_.Lock();
    ++reads_;
    error_ = heads.status();
    if (heads.ok()) {
      for (const auto& [partition_id, end] : *heads) {
        int64_t& head = heads_[partition_id];
        head = std::max(head, end);
      }
    }
    moved_.NotifyAll();
    const auto next = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(interval_);
    for (auto left = next - std::chrono::steady_clock::now(); !stop_ && left > std::chrono::nanoseconds(0);
         left = next - std::chrono::steady_clock::now()) {
      work_.WaitFor(mutex_, absl::FromChrono(left));
    }
  }
}

}  // namespace kontor::log
