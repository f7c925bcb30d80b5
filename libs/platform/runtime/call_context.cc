#include "libs/platform/runtime/call_context.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace kontor::runtime {

CancelToken::Registration::~Registration() {
  if (token_ != nullptr) token_->Forget(id_);
}

CancelToken::Registration::Registration(Registration&& other) noexcept
    : token_(std::exchange(other.token_, nullptr)), id_(other.id_) {}

CancelToken::Registration& CancelToken::Registration::operator=(Registration&& other) noexcept {
  std::swap(token_, other.token_);
  std::swap(id_, other.id_);
  return *this;
}

void CancelToken::Cancel() {
  base::MutexLock lock(mutex_);
  if (cancelled_.exchange(true)) return;
  changed_.NotifyAll();
  while (!callbacks_.empty()) {
    auto node = callbacks_.extract(callbacks_.begin());
    running_ = node.key();
    mutex_.Unlock();
    node.mapped()();
    mutex_.Lock();
    running_ = 0;
    changed_.NotifyAll();
  }
}

CancelToken::Registration CancelToken::OnCancel(std::function<void()> callback) {
  {
    base::MutexLock lock(mutex_);
    if (!cancelled()) {
      const uint64_t id = next_id_++;
      callbacks_.emplace(id, std::move(callback));
      return Registration(this, id);
    }
  }
  callback();
  return Registration();
}

void CancelToken::Forget(uint64_t id) {
  base::MutexLock lock(mutex_);
  callbacks_.erase(id);
  while (running_ == id) changed_.Wait(mutex_);
}

bool CancelToken::SleepUntil(std::chrono::steady_clock::time_point until) {
  base::MutexLock lock(mutex_);
  while (!cancelled()) {
    const auto left = until - std::chrono::steady_clock::now();
    if (left <= left.zero()) return true;
    // Bounded, because a wait until time_point::max() overflows in the standard library.
    changed_.WaitFor(mutex_, std::min(absl::FromChrono(left), absl::Hours(1)));
  }
  return false;
}

bool CallContext::cancelled() const {
  return token->cancelled() || (deadline != TimePoint::max() && std::chrono::steady_clock::now() >= deadline);
}

absl::Duration CallContext::remaining() const {
  if (deadline == TimePoint::max()) return absl::InfiniteDuration();
  return std::max(absl::ZeroDuration(), absl::FromChrono(deadline - std::chrono::steady_clock::now()));
}

bool CallContext::Sleep(absl::Duration duration) const {
  const TimePoint now = std::chrono::steady_clock::now();
  const absl::Duration bounded = std::min({duration, remaining(), absl::Hours(24 * 365)});
  const TimePoint until = now + absl::ToChronoNanoseconds(bounded);
  CancelToken either;
  const CancelToken::Registration on_cancel = token->OnCancel([&either] { either.Cancel(); });
  const CancelToken::Registration on_drain = drain->OnCancel([&either] { either.Cancel(); });
  return either.SleepUntil(until) && !cancelled();
}

}  // namespace kontor::runtime
