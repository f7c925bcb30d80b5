#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "libs/platform/log/position.h"

namespace kontor::log {

struct TopicSpec {
  std::string name;
  int partitions = 8;                                   // fixed once the topic exists
  absl::Duration retention = absl::InfiniteDuration();  // counted from received_at
};

struct NewRecord {
  std::string key;    // base::PartitionOf(key) chooses the partition
  std::string bytes;  // a serialised kontor.events.v1.EventRecord; the log does not look inside
  absl::Time received_at = absl::InfinitePast();  // the log's clock at the append when not given
};

struct LogRecord {
  int64_t offset = 0;
  absl::Time received_at;
  std::string bytes;
};

struct ReadLimits {
  int max_records = 4000;
  int64_t max_bytes = 8 << 20;  // at least one record is returned, however large
};

constexpr char kReasonBelowLogStart[] = "OFFSET_BELOW_LOG_START";
constexpr char kReasonBeyondLogEnd[] = "OFFSET_BEYOND_LOG_END";
constexpr char kReasonLogBusy[] = "LOG_BYTES_IN_FLIGHT";
constexpr char kReasonUnknownTopic[] = "UNKNOWN_TOPIC";
constexpr char kReasonPartitionsFixed[] = "PARTITIONS_FIXED";

// The event log: topics of partitions of records, each partition an order of its own. Thread-safe.
// Every engine passes event_log_contract.h unchanged. Engines report trouble as UNAVAILABLE, DEADLINE_EXCEEDED or
// RESOURCE_EXHAUSTED (all worth another try); an unknown topic or partition is NOT_FOUND.
class EventLog {
 public:
  virtual ~EventLog() = default;

  // Creates what is missing; an existing topic keeps its partitions (another number: FAILED_PRECONDITION,
  // PARTITIONS_FIXED) and takes over the retention given.
  virtual absl::Status CreateTopics(absl::Span<const TopicSpec> topics) = 0;
  virtual absl::StatusOr<int> Partitions(absl::string_view topic) = 0;

  // Appends and returns the places, in the order given, once they are durable. Records of one call with the same key
  // keep their order. Offsets of a partition rise strictly and become visible in that order, across all writers.
  // On an error any part may have been appended: send all of it again; consumers take an event id once.
  // RESOURCE_EXHAUSTED (LOG_BYTES_IN_FLIGHT) at once when too many bytes of this process wait to be appended.
  virtual absl::StatusOr<std::vector<Position>> Append(absl::string_view topic,
                                                       absl::Span<const NewRecord> records) = 0;

  // Records from `from_offset` on, in order; empty at the end. OUT_OF_RANGE below the start or beyond the end.
  virtual absl::StatusOr<std::vector<LogRecord>> Read(absl::string_view topic, int partition, int64_t from_offset,
                                                      const ReadLimits& limits) = 0;

  // The first offset that is kept, and the offset after the last: what the next record will get or exceed.
  virtual absl::StatusOr<int64_t> Begin(absl::string_view topic, int partition) = 0;
  virtual absl::StatusOr<int64_t> End(absl::string_view topic, int partition) = 0;

  // Waits until one of `next` has a record at its offset or after it; returns the indexes of all that have, none when
  // `timeout` (monotonic) passes first. A record of this process wakes it at once, of another within about 10 ms.
  virtual absl::StatusOr<std::vector<size_t>> WaitForRecords(absl::Span<const Position> next,
                                                             absl::Duration timeout) = 0;

  // Drops records below `before_offset`.
  virtual absl::Status Trim(absl::string_view topic, int partition, int64_t before_offset) = 0;
  // Drops, from the start of each partition, what was received before now minus the topic's retention.
  virtual absl::Status ApplyRetention(absl::Time now) = 0;
};

}  // namespace kontor::log
