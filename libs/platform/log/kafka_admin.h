#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "libs/base/mutex.h"
#include "libs/platform/log/event_log.h"
#include "libs/platform/log/kafka_client.h"

namespace kontor::log {

// Inside this library only: the topics of a KafkaEventLog, their bounds and retention. Thread-safe.
class KafkaAdmin {
 public:
  static absl::StatusOr<std::unique_ptr<KafkaAdmin>> Open(const KafkaEventLogOptions& options);

  // As EventLog::CreateTopics; returns when every partition is served.
  absl::Status CreateTopics(absl::Span<const TopicSpec> topics);
  // Asked for once. NOT_FOUND (UNKNOWN_TOPIC).
  absl::StatusOr<int> Partitions(absl::string_view topic);
  // NOT_FOUND also for a partition that the topic does not have. Every two seconds one caller makes sure that the topic
  // is still there, which readers of a silent topic would not notice; an error when Kafka is away.
  absl::Status CheckPartition(absl::string_view topic, int partition);
  // The topic seems to be gone: ask for it again.
  void Forget(absl::string_view topic);

  struct Bounds {
    int64_t begin = 0, end = 0;
  };
  absl::StatusOr<Bounds> ReadBounds(const std::string& topic, int partition);
  // One of them: kKafkaBegin or kKafkaEnd.
  absl::StatusOr<int64_t> ReadBound(const std::string& topic, int partition, int64_t which);

  absl::Status DeleteBelow(const std::string& topic, int partition, int64_t before_offset);
  // Drops what was received before now minus retention, in the topics that CreateTopics has seen.
  absl::Status ApplyRetention(absl::Time now);

 private:
  using PartitionCounts = std::map<std::string, int, std::less<>>;

  KafkaAdmin(std::unique_ptr<KafkaClient> client, int replication_factor)
      : client_(std::move(client)), replication_factor_(replication_factor) {}

  // The topics whose partitions all have leaders.
  absl::StatusOr<PartitionCounts> ReadCounts();
  absl::StatusOr<int> ReadCount(const std::string& topic, absl::Duration timeout);
  absl::Status CheckStillThere(const std::string& topic, int known);
  absl::Status AwaitServed(absl::Span<const TopicSpec> topics);
  absl::Status CheckServed(absl::Span<const TopicSpec> topics);
  // By partition, the first offset of a record received then or later; INT64_MAX where there is none.
  absl::StatusOr<std::vector<int64_t>> FirstSince(const std::string& topic, int partitions, absl::Time since);

  const std::unique_ptr<KafkaClient> client_;
  const int replication_factor_;
  base::Mutex mutex_;
  struct Known {
    int partitions = 0;
    int64_t checked_ns = 0;
  };
  std::map<std::string, Known, std::less<>> known_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, absl::Duration> retentions_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kontor::log
