#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/platform/log/batch_handler.h"
#include "libs/platform/log/event_log.h"
#include "libs/platform/postgres/pool.h"

namespace kontor::log {

// Where a group stands on one partition, from its offset row.
struct PartitionProgress {
  Position next;                   // the first record that is not applied
  int64_t end = 0;                 // of the log
  absl::Time applied_received_at;  // of the last record applied; InfinitePast before the first
  std::string owner;               // empty when nobody holds it
  int64_t epoch = 0;
  int64_t lag() const { return end - next.offset; }
};

struct ConsumerStats {
  int64_t batches = 0, records = 0;
  int64_t dead_letters = 0, parked = 0, replayed = 0, outbox_rows = 0;
  int64_t retries = 0;          // transient errors
  int64_t halvings = 0;         // batches that were split
  int64_t fenced = 0;           // transactions dropped because another owner had taken over
  int64_t unknown_commits = 0;  // resolved by reading the offset row again
  int64_t leases_taken = 0, leases_released = 0;
  int partitions_held = 0, partitions_stopped = 0;  // stopped: an alarm, see last_error
  std::string last_error;
};

struct ConsumerOptions {
  std::string group;  // "analytics": names the offsets, the outbox and the topic dead-letter.<group>
  std::vector<std::string> topics;
  std::string owner;   // unique per process and life; empty: made from host, process id and a random number
  std::string schema;  // the service's: offsets, dead letters, parked records and outbox live beside its views
  std::string durable_schema = "event_log_progress";  // published_through, which outlives a rebuild of `schema`
  absl::Duration lease = absl::Seconds(6);            // renewed every third of it
  ReadLimits batch;                                   // 4,000 records or 8 MiB
  int workers = 2;                                    // threads; partitions are spread over them
  absl::Duration backoff_min = absl::Milliseconds(50), backoff_max = absl::Seconds(5);
  // A partition stopped for good (its position is below the log's start, or beyond its end). For an alarm.
  std::function<void(const Position&, const absl::Status&)> on_stopped;
};

// Creates the tables of consumers in `schema` and the one in `durable_schema`. Idempotent; Consumer::Start calls it.
absl::Status MigrateConsumerSchema(postgres::Pool& pool, const std::string& schema,
                                   const std::string& durable_schema = "event_log_progress");

// Applies topics exactly once: leased partitions, one fenced transaction per batch with effects, offset, dead letters,
// parked records and outbox rows. `log`, `pool` and `handler` must outlive it. The pool needs workers + 1 connections.
class Consumer {
 public:
  Consumer(EventLog& log, postgres::Pool& pool, BatchHandler& handler, ConsumerOptions options);
  ~Consumer();  // stops

  // Prepares the tables and the topic dead-letter.<group>, then starts the threads. INVALID_ARGUMENT for wrong options.
  absl::Status Start();
  // Ends the batches under way, gives the leases back, joins. Idempotent.
  void Stop();

  ConsumerStats Stats() const;
  // The partitions that this process holds, as it knows them: next offsets.
  std::vector<Position> Applied() const;
  // All partitions of the group, whoever holds them. One statement and one look at each partition's end.
  absl::StatusOr<std::vector<PartitionProgress>> Progress() const;
  // The received_at up to which every partition is applied; `now` when all are caught up.
  absl::StatusOr<absl::Time> Watermark(absl::Time now) const;
  // Read-your-writes: OK once the record at `position` is applied, by whichever owner. UNAVAILABLE
  // (NOT_YET_APPLIED) when the timeout passes first, NOT_FOUND for a partition that the group does not read.
  absl::Status WaitUntilApplied(const Position& position, absl::Duration timeout) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

constexpr char kReasonNotYetApplied[] = "NOT_YET_APPLIED";

}  // namespace kontor::log
