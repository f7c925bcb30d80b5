#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "libs/base/clock.h"
#include "libs/platform/log/event_log.h"

namespace kontor::log {

struct KafkaEventLogOptions {
  std::string bootstrap_servers;  // "host:port,host:port"
  int replication_factor = 1;     // of topics created here; an append waits for all but one of 3 or more replicas
  int64_t bytes_in_flight_max = 64 << 20;
  absl::Duration append_timeout = absl::Seconds(10);            // after which an append without an answer fails
  std::vector<std::pair<std::string, std::string>> extra = {};  // librdkafka settings for all clients, such as TLS
};

// The event log in Kafka. Appends are idempotent and wait for all replicas in sync; what librdkafka sends again by
// itself is on the log once. received_at is Kafka's time stamp, its microseconds a header. Reads continue a prefetched
// stream where the last read of the partition ended; up to eight readers of a process may be at places of their own.
// An append is DEADLINE_EXCEEDED after append_timeout, other requests UNAVAILABLE or DEADLINE_EXCEEDED after 5 s.
// Records that another process trims may still be returned when they were prefetched. A record above 8 MiB is
// INVALID_ARGUMENT. Retention is Kafka's own work, by whole segments; ApplyRetention cuts exactly, the topics that this
// object created. Opens without a connection: Kafka may come later. `clock` must outlive it. INVALID_ARGUMENT for an
// unknown setting.
absl::StatusOr<std::unique_ptr<EventLog>> OpenKafkaEventLog(const base::Clock& clock, KafkaEventLogOptions options);

}  // namespace kontor::log
