#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "libs/platform/log/event_log.h"
#include "libs/platform/log/kafka_client.h"

// Inside this library only: requests of Kafka's Admin API about the configuration of topics.
namespace kontor::log {

// Waits for the answer to a request of the Admin API whose answer comes to `queue`.
absl::StatusOr<KafkaEvent> AwaitKafkaAnswer(rd_kafka_queue_t* queue, absl::string_view topic, absl::string_view doing);

// Creates the topics; one that exists already counts as created.
absl::Status CreateKafkaTopics(rd_kafka_t* client, absl::Span<const TopicSpec* const> topics, int replication_factor);

// Gives existing topics the retention of their spec, where it differs; the rest of their configuration stays.
absl::Status SetKafkaRetention(rd_kafka_t* client, absl::Span<const TopicSpec* const> topics);

}  // namespace kontor::log
