#pragma once

#include <string>
#include <vector>

#include "libs/base/status.h"
#include "libs/platform/log/event_log.h"
#include "services/ingest/fake_event_id_store.h"
#include "tests/simulation/crash.h"

namespace kontor::simulation {

// A log that dies before, in the midst of and after an append.
class CrashingLog : public log::EventLog {
 public:
  CrashingLog(log::EventLog& log, Dice& dice) : log_(log), dice_(dice) {}

  absl::StatusOr<std::vector<log::Position>> Append(absl::string_view topic,
                                                    absl::Span<const log::NewRecord> records) override {
    std::vector<log::Position> positions;
    for (const log::NewRecord& record : records) {
      dice_.Point();
      if (dice_.Trouble()) return absl::UnavailableError("the log is away");
      auto position = log_.Append(topic, {record});
      if (!position.ok()) return position.status();
      positions.push_back(position->front());
    }
    dice_.Point();
    return positions;
  }

  absl::Status CreateTopics(absl::Span<const log::TopicSpec> topics) override { return log_.CreateTopics(topics); }
  absl::StatusOr<int> Partitions(absl::string_view topic) override { return log_.Partitions(topic); }
  absl::StatusOr<std::vector<log::LogRecord>> Read(absl::string_view topic, int partition, int64_t from_offset,
                                                   const log::ReadLimits& limits) override {
    return log_.Read(topic, partition, from_offset, limits);
  }
  absl::StatusOr<int64_t> Begin(absl::string_view topic, int partition) override {
    return log_.Begin(topic, partition);
  }
  absl::StatusOr<int64_t> End(absl::string_view topic, int partition) override { return log_.End(topic, partition); }
  absl::StatusOr<std::vector<size_t>> WaitForRecords(absl::Span<const log::Position> next,
                                                     absl::Duration timeout) override {
    return log_.WaitForRecords(next, timeout);
  }
  absl::Status Trim(absl::string_view topic, int partition, int64_t before_offset) override {
    return log_.Trim(topic, partition, before_offset);
  }
  absl::Status ApplyRetention(absl::Time now) override { return log_.ApplyRetention(now); }

 private:
  log::EventLog& log_;
  Dice& dice_;
};

// Intake's memory of ids: outlives the process, but the process may die around each call.
class CrashingIds : public ingest::FakeEventIdStore {
 public:
  explicit CrashingIds(Dice& dice) : dice_(dice) {}

  absl::StatusOr<std::vector<std::optional<ingest::KnownEvent>>> Find(absl::string_view shop,
                                                                      absl::Span<const ingest::EventId> ids) override {
    dice_.Point();
    return FakeEventIdStore::Find(shop, ids);
  }
  absl::Status Remember(absl::string_view shop, absl::Span<const Entry> entries, absl::Time received_at,
                        bool imported) override {
    dice_.Point();
    RETURN_IF_ERROR(FakeEventIdStore::Remember(shop, entries, received_at, imported));
    dice_.Point();
    return absl::OkStatus();
  }

 private:
  Dice& dice_;
};

}  // namespace kontor::simulation
