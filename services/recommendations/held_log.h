#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "libs/platform/log/event_log.h"

namespace kontor::recommendations {

// For tests: a log on which nobody who waits sees a record before Release.
class HeldLog : public log::EventLog {
 public:
  explicit HeldLog(log::EventLog& log) : log_(log) {}
  void Release() { held_ = false; }

  absl::StatusOr<std::vector<size_t>> WaitForRecords(absl::Span<const log::Position> next,
                                                     absl::Duration timeout) override {
    if (!held_) return log_.WaitForRecords(next, timeout);
    absl::SleepFor(timeout);
    return std::vector<size_t>();
  }

  absl::Status CreateTopics(absl::Span<const log::TopicSpec> topics) override { return log_.CreateTopics(topics); }
  absl::StatusOr<int> Partitions(absl::string_view topic) override { return log_.Partitions(topic); }
  absl::StatusOr<std::vector<log::Position>> Append(absl::string_view topic,
                                                    absl::Span<const log::NewRecord> records) override {
    return log_.Append(topic, records);
  }
  absl::StatusOr<std::vector<log::LogRecord>> Read(absl::string_view topic, int partition, int64_t from_offset,
                                                   const log::ReadLimits& limits) override {
    return log_.Read(topic, partition, from_offset, limits);
  }
  absl::StatusOr<int64_t> Begin(absl::string_view topic, int partition) override {
    return log_.Begin(topic, partition);
  }
  absl::StatusOr<int64_t> End(absl::string_view topic, int partition) override { return log_.End(topic, partition); }
  absl::Status Trim(absl::string_view topic, int partition, int64_t before_offset) override {
    return log_.Trim(topic, partition, before_offset);
  }
  absl::Status ApplyRetention(absl::Time now) override { return log_.ApplyRetention(now); }

 private:
  log::EventLog& log_;
  std::atomic<bool> held_{true};
};

}  // namespace kontor::recommendations
