#pragma once

#include <librdkafka/rdkafka.h>

#include "absl/time/time.h"
#include "libs/platform/log/event_log.h"

// Inside this library only: a record as a Kafka message. Kafka's time stamp has milliseconds; where received_at has
// more, a header carries its microseconds since 1970 as eight bytes, the lowest first.
namespace kontor::log {

// Hands the record to the producer, which keeps pointing to its bytes until the delivery report; `opaque` comes back
// with that.
rd_kafka_resp_err_t ProduceRecord(rd_kafka_t* producer, rd_kafka_topic_t* topic, int partition, const NewRecord& record,
                                  absl::Time received_at, void* opaque);

LogRecord ToLogRecord(const rd_kafka_message_t& message);

}  // namespace kontor::log
