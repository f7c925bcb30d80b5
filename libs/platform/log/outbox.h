#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "libs/platform/log/batch_handler.h"
#include "libs/platform/log/event_log.h"
#include "libs/platform/postgres/pool.h"

namespace kontor::log {

// Writes rows into <schema>.outbox within the caller's transaction: for RPCs and timed jobs, whose event id derives
// from (job, due time, object). Rows with an event id that is already there are left alone. Consumers use
// Effects::Publish instead.
absl::Status InsertOutbox(postgres::Transaction& transaction, const std::string& schema,
                          absl::Span<const OutboxRow> rows);

struct OutboxRelayOptions {
  std::string schema;
  std::string durable_schema = "event_log_progress";
  int batch_rows = 1000;
  absl::Duration poll_interval = absl::Milliseconds(20);
  absl::Duration backoff_max = absl::Seconds(2);
};

struct OutboxRelayStats {
  int64_t sent = 0, errors = 0;
  std::string last_error;
};

// Sends the rows of <schema>.outbox to the log and deletes them once acknowledged: every row at least once, in the
// order of insertion. One relay per schema works at a time (an advisory lock); others stand by. After each round it
// moves published_through in <durable_schema>: for each group and partition the offset below which everything has been
// sent. A rebuilt consumer writes no outbox rows for inputs below it.
class OutboxRelay {
 public:
  OutboxRelay(EventLog& log, postgres::Pool& pool, OutboxRelayOptions options);
  ~OutboxRelay();  // stops

  absl::Status Start();
  void Stop();  // idempotent
  // One round on the caller's thread, for tests and drains: the number of rows sent.
  absl::StatusOr<int64_t> RunOnce();
  OutboxRelayStats Stats() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kontor::log
