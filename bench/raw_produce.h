#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace kontor::bench {

// Records a second that librdkafka alone gets acknowledged, idempotent and by all replicas, of a topic with four
// partitions: the ceiling of an event log on these brokers.
absl::StatusOr<double> RawProduceRate(const std::string& brokers, int64_t records, double record_bytes);

}  // namespace kontor::bench
