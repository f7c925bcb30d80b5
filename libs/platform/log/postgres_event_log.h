#pragma once

#include <memory>
#include <string>

#include "libs/base/clock.h"
#include "libs/platform/log/event_log.h"
#include "libs/platform/postgres/pool.h"

namespace kontor::log {

struct PostgresEventLogOptions {
  std::string schema = "event_log";
  int group_records = 200;       // concurrent small appends share one statement of at most so many records
  int statement_records = 5000;  // one large append is cut into statements of at most so many
  int64_t statement_bytes = 4 << 20;
  int64_t bytes_in_flight_max = 256 << 20;
  absl::Duration poll_interval = absl::Milliseconds(10);
};

// The event log in PostgreSQL, for one machine. An append is one statement that commits by itself under the lock of
// its partition's row: offsets are dense and visible in commit order. While a statement is under way, the next
// callers' records gather and leave together (group commit without a timer). `pool` and `clock` must outlive it.
// Migrates its schema; UNAVAILABLE while PostgreSQL is away.
absl::StatusOr<std::unique_ptr<EventLog>> OpenPostgresEventLog(postgres::Pool& pool, const base::Clock& clock,
                                                               PostgresEventLogOptions options = {});

}  // namespace kontor::log
