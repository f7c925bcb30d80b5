#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "libs/base/mutex.h"
#include "libs/platform/log/event_log.h"
#include "libs/platform/postgres/pool.h"

namespace kontor::log {

// Inside this library only: the topics of a PostgresEventLog. The ids of partitions never change, so they are read
// once.
class TopicCatalog {
 public:
  TopicCatalog(postgres::Pool& pool, std::string schema) : pool_(pool), schema_(std::move(schema)) {}

  absl::Status Create(absl::Span<const TopicSpec> topics);
  // The ids of a topic's partitions, by partition. NOT_FOUND (UNKNOWN_TOPIC).
  absl::StatusOr<std::vector<int64_t>> PartitionIds(absl::string_view topic);
  // NOT_FOUND also for a partition that the topic does not have.
  absl::StatusOr<int64_t> PartitionId(absl::string_view topic, int partition);

 private:
  absl::Status CreateOne(postgres::Transaction& transaction, const TopicSpec& topic);

  postgres::Pool& pool_;
  const std::string schema_;
  base::Mutex mutex_;
  std::map<std::string, std::vector<int64_t>, std::less<>> ids_ ABSL_GUARDED_BY(mutex_);
};

// What every engine checks of a TopicSpec.
absl::Status CheckTopicSpec(const TopicSpec& topic);
absl::Status UnknownTopic(absl::string_view topic);
absl::Status PartitionsFixed(absl::string_view topic, int have, int want);
// OK, or OUT_OF_RANGE when `offset` is not in [begin, end].
absl::Status CheckReadOffset(absl::string_view topic, int partition, int64_t offset, int64_t begin, int64_t end);

}  // namespace kontor::log
