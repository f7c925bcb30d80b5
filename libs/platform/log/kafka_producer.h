#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "libs/base/clock.h"
#include "libs/base/mutex.h"
#include "libs/platform/log/event_log.h"
#include "libs/platform/log/kafka_client.h"

namespace kontor::log {

// Inside this library only: one librdkafka producer with a thread that takes its delivery reports.
class KafkaProducerClient {
 public:
  static absl::StatusOr<std::shared_ptr<KafkaProducerClient>> Open(const KafkaEventLogOptions& options);
  ~KafkaProducerClient();

  // Produces records[i] to partitions[i]; waits for all reports; returns their offsets.
  absl::StatusOr<std::vector<int64_t>> Produce(const std::string& topic, absl::Span<const NewRecord> records,
                                               absl::Span<const int> partitions, absl::Time now);
  // True once librdkafka has given up the idempotence of this client: open another.
  bool Broken() const;

 private:
  explicit KafkaProducerClient(std::unique_ptr<KafkaClient> client);
  absl::StatusOr<rd_kafka_topic_t*> Topic(const std::string& name);

  const std::unique_ptr<KafkaClient> client_;
  base::Mutex mutex_;
  std::map<std::string, KafkaTopic> topics_ ABSL_GUARDED_BY(mutex_);
  std::atomic<bool> stop_ = false;
  std::thread reports_;
};

// Inside this library only: appends to Kafka, idempotently and with at most so many bytes under way. Thread-safe.
class KafkaProducer {
 public:
  static absl::StatusOr<std::unique_ptr<KafkaProducer>> Open(const KafkaEventLogOptions& options,
                                                             const base::Clock& clock);

  // Appends records[i] to partitions[i] of the topic; returns their offsets. Errors as EventLog::Append.
  absl::StatusOr<std::vector<int64_t>> Append(const std::string& topic, absl::Span<const NewRecord> records,
                                              absl::Span<const int> partitions);

 private:
  KafkaProducer(const KafkaEventLogOptions& options, const base::Clock& clock,
                std::shared_ptr<KafkaProducerClient> client)
      : options_(options), clock_(clock), client_(std::move(client)) {}

  absl::Status Reserve(int64_t bytes);
  // The client, a new one when the old one broke.
  absl::StatusOr<std::shared_ptr<KafkaProducerClient>> Client();

  const KafkaEventLogOptions options_;
  const base::Clock& clock_;
  std::atomic<int64_t> bytes_in_flight_ = 0;
  base::Mutex mutex_;
  std::shared_ptr<KafkaProducerClient> client_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kontor::log
