#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "libs/base/clock.h"
#include "libs/platform/log/event_log.h"

namespace kontor::log {

struct FollowerOptions {
  std::vector<std::string> topics;
  std::vector<Position> from;  // per partition, of a snapshot; partitions not named start at the log's begin
  ReadLimits batch;
  absl::Duration backoff_max = absl::Seconds(2);
};

struct FollowerStats {
  int64_t records = 0, batches = 0, errors = 0, lag = 0;
  absl::Status status;  // not OK: stopped with an alarm (its position is no longer on the log)
};

// Reads all partitions of its topics into an in-memory view: no lease, no transaction. `apply` is called from the
// follower's one thread, per partition in offset order. `log` and `clock` must outlive it.
class Follower {
 public:
  using ApplyFunction = std::function<void(absl::string_view topic, int partition, absl::Span<const LogRecord>)>;

  Follower(EventLog& log, const base::Clock& clock, FollowerOptions options, ApplyFunction apply);
  ~Follower();  // stops

  absl::Status Start();  // NOT_FOUND for a missing topic
  void Stop();           // idempotent

  // The next offset of every partition, in order of topic and partition; what a snapshot has to name.
  std::vector<Position> Applied() const;
  // The received_at that all partitions have applied; the time of the last look at the log, at most 0.1 s ago, when
  // nothing was left to apply.
  absl::Time Watermark() const;
  // OK from the moment when everything that was on the log at Start has been applied; before, UNAVAILABLE
  // (VIEW_NOT_READY). The alarm once it has stopped with one.
  absl::Status Ready() const;
  absl::Status WaitUntilCaughtUp(absl::Duration timeout) const;  // UNAVAILABLE (NOT_YET_APPLIED) on timeout
  // Read-your-writes, as Consumer::WaitUntilApplied.
  absl::Status WaitUntilApplied(const Position& position, absl::Duration timeout) const;
  FollowerStats Stats() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

constexpr char kReasonViewNotReady[] = "VIEW_NOT_READY";

}  // namespace kontor::log
