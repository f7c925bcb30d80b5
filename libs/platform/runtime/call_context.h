#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "kontor/type/v1/access.pb.h"
#include "libs/base/mutex.h"

namespace kontor::runtime {

// The end of a call before its answer: the caller went away, its deadline passed, or the server stops at the end of
// its grace. Thread-safe.
class CancelToken {
 public:
  // Runs its callback at most once; its destruction waits for a callback that is running and forgets one that is not.
  class Registration {
   public:
    Registration() = default;
    ~Registration();
    Registration(Registration&& other) noexcept;
    Registration& operator=(Registration&& other) noexcept;

   private:
    friend class CancelToken;
    Registration(CancelToken* token, uint64_t id) : token_(token), id_(id) {}
    CancelToken* token_ = nullptr;
    uint64_t id_ = 0;
  };

  void Cancel();
  bool cancelled() const { return cancelled_.load(std::memory_order_acquire); }

  // Calls `callback` when Cancel is called, at once if it was. It runs on a thread of the transport: it must not
  // block, nor destroy its own registration. The registration must not outlive the token.
  [[nodiscard]] Registration OnCancel(std::function<void()> callback);

  // Waits until `until` (monotonic) or the cancellation, whichever comes first. True when not cancelled.
  bool SleepUntil(std::chrono::steady_clock::time_point until);

 private:
  void Forget(uint64_t id);

  std::atomic<bool> cancelled_{false};
  base::Mutex mutex_;
  base::CondVar changed_;
  uint64_t next_id_ ABSL_GUARDED_BY(mutex_) = 1;
  uint64_t running_ ABSL_GUARDED_BY(mutex_) = 0;  // the callback that runs now, 0 for none
  std::map<uint64_t, std::function<void()>> callbacks_ ABSL_GUARDED_BY(mutex_);
};

// What a handler knows about its call. A test makes one of its own: `CallContext context; context.shop = "default";`.
struct CallContext {
  using TimePoint = std::chrono::steady_clock::time_point;

  std::string method;     // "kontor.ingest.v1.EventService/SendEvents"
  std::string shop;       // the shop that the request names and the key may use: checked, never empty except for
                          // methods with MethodOptions::without_shop
  std::string key_label;  // of the key that called, for logs
  std::vector<type::v1::Role> roles;
  std::string trace_id;  // 32 hex digits, the caller's or a new one (W3C Trace Context)
  std::string parent_span_id;
  TimePoint deadline = TimePoint::max();  // monotonic; max() for streams whose caller set none
  std::shared_ptr<CancelToken> token = std::make_shared<CancelToken>();
  std::shared_ptr<CancelToken> drain = std::make_shared<CancelToken>();  // cancelled when the server starts to drain

  bool cancelled() const;
  // Until the deadline, never negative; InfiniteDuration without one.
  absl::Duration remaining() const;
  // The deadline on the wall clock, for stores and remote calls that take one; InfiniteFuture without one.
  absl::Time wall_deadline() const { return absl::Now() + remaining(); }
  // True once the server drains: an endless stream ends itself then, a finite one goes on.
  bool draining() const { return drain->cancelled(); }

  [[nodiscard]] CancelToken::Registration OnCancel(std::function<void()> callback) const {
    return token->OnCancel(std::move(callback));
  }
  // Waits, for endless streams. False when the stream should end: cancelled, past its deadline, or draining.
  bool Sleep(absl::Duration duration) const;
};

}  // namespace kontor::runtime
