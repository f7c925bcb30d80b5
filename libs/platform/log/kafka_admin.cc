#include "libs/platform/log/kafka_admin.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/platform/log/kafka_topic_config.h"
#include "libs/platform/log/partition_table.h"
#include "libs/platform/log/topic_catalog.h"
#include "libs/platform/runtime/log.h"

namespace kontor::log {
namespace {

constexpr std::chrono::milliseconds kLeaderPoll(5);
constexpr int64_t kCheckedNs = int64_t{2} * 1000 * 1000 * 1000;
constexpr absl::Duration kCheckTimeout = absl::Seconds(1);

using Metadata = std::unique_ptr<const rd_kafka_metadata_t, decltype(&rd_kafka_metadata_destroy)>;

absl::StatusOr<Metadata> ReadMetadata(rd_kafka_t* client, rd_kafka_topic_t* only, absl::string_view topic,
                                      absl::Duration timeout) {
  const rd_kafka_metadata_t* raw = nullptr;
  const rd_kafka_resp_err_t error = rd_kafka_metadata(client, only == nullptr ? 1 : 0, only, &raw, ToKafkaMs(timeout));
  Metadata metadata(raw, rd_kafka_metadata_destroy);
  RETURN_IF_ERROR(KafkaError(error, topic, "asking for"));
  return metadata;
}

bool HasLeaders(const rd_kafka_metadata_topic_t& topic) {
  return topic.err == RD_KAFKA_RESP_ERR_NO_ERROR && topic.partition_cnt > 0 &&
         std::all_of(topic.partitions, topic.partitions + topic.partition_cnt,
                     [](const rd_kafka_metadata_partition_t& partition) { return partition.leader >= 0; });
}

absl::Status CheckCount(const TopicSpec& topic, const std::map<std::string, int, std::less<>>& counts) {
  const int have = counts.at(topic.name);
  return have == topic.partitions ? absl::OkStatus() : PartitionsFixed(topic.name, have, topic.partitions);
}

}  // namespace

absl::StatusOr<std::unique_ptr<KafkaAdmin>> KafkaAdmin::Open(const KafkaEventLogOptions& options) {
  ASSIGN_OR_RETURN(std::unique_ptr<KafkaClient> client, KafkaClient::Open(RD_KAFKA_CONSUMER, options, {}));
  return std::unique_ptr<KafkaAdmin>(new KafkaAdmin(std::move(client), options.replication_factor));
}

absl::StatusOr<KafkaAdmin::PartitionCounts> KafkaAdmin::ReadCounts() {
  ASSIGN_OR_RETURN(const Metadata metadata, ReadMetadata(client_->get(), nullptr, "topics", kKafkaRequestTimeout));
  PartitionCounts counts;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const rd_kafka_metadata_topic_t& topic = metadata->topics[i];
    if (HasLeaders(topic)) counts[topic.topic] = topic.partition_cnt;
  }
  return counts;
}

absl::StatusOr<int> KafkaAdmin::ReadCount(const std::string& topic, absl::Duration timeout) {
  const KafkaTopic handle(rd_kafka_topic_new(client_->get(), topic.c_str(), nullptr));
  if (handle == nullptr) return KafkaError(rd_kafka_last_error(), topic, "asking for");
  ASSIGN_OR_RETURN(const Metadata metadata, ReadMetadata(client_->get(), handle.get(), topic, timeout));
  if (metadata->topic_cnt != 1) return UnknownTopic(topic);
  RETURN_IF_ERROR(KafkaError(metadata->topics[0].err, topic, "asking for"));
  if (metadata->topics[0].partition_cnt == 0) return UnknownTopic(topic);
  return metadata->topics[0].partition_cnt;
}

absl::StatusOr<int> KafkaAdmin::Partitions(absl::string_view topic) {
  {
    base::MutexLock lock(mutex_);
    const auto known = known_.find(topic);
    if (known != known_.end()) return known->second.partitions;
  }
  if (!IsTopicName(topic)) return UnknownTopic(topic);
  ASSIGN_OR_RETURN(const int count, ReadCount(std::string(topic), kKafkaRequestTimeout));
  base::MutexLock lock(mutex_);
  known_[std::string(topic)] = {count, MonotonicNs()};
  return count;
}

absl::Status KafkaAdmin::CheckPartition(absl::string_view topic, int partition) {
  ASSIGN_OR_RETURN(const int partitions, Partitions(topic));
  if (partition < 0 || partition >= partitions) return UnknownTopic(absl::StrCat(topic, "/", partition));
  {
    base::MutexLock lock(mutex_);
    const auto known = known_.find(topic);
    const int64_t now_ns = MonotonicNs();
    if (known == known_.end() || now_ns - known->second.checked_ns < kCheckedNs) return absl::OkStatus();
    known->second.checked_ns = now_ns;
  }
  return CheckStillThere(std::string(topic), partitions);
}

absl::Status KafkaAdmin::CheckStillThere(const std::string& topic, int known) {
  const absl::StatusOr<int> count = ReadCount(topic, kCheckTimeout);
  if (absl::IsNotFound(count.status())) Forget(topic);
  RETURN_IF_ERROR(count.status());
  if (*count != known) {
    runtime::LogError("a topic's partitions were changed; its number here stays, keys would lose their order",
                      {{"topic", topic}, {"partitions", known}, {"now", *count}});
  }
  return absl::OkStatus();
}

void KafkaAdmin::Forget(absl::string_view topic) {
  base::MutexLock lock(mutex_);
  const auto known = known_.find(topic);
  if (known != known_.end()) known_.erase(known);
}

absl::Status KafkaAdmin::CreateTopics(absl::Span<const TopicSpec> topics) {
  for (const TopicSpec& topic : topics) RETURN_IF_ERROR(CheckTopicSpec(topic));
  ASSIGN_OR_RETURN(const PartitionCounts before, ReadCounts());
  std::vector<const TopicSpec*> missing, existing;
  for (const TopicSpec& topic : topics) (before.contains(topic.name) ? existing : missing).push_back(&topic);
  for (const TopicSpec* topic : existing) RETURN_IF_ERROR(CheckCount(*topic, before));
  if (!missing.empty()) RETURN_IF_ERROR(CreateKafkaTopics(client_->get(), missing, replication_factor_));
  RETURN_IF_ERROR(AwaitServed(topics));
  RETURN_IF_ERROR(SetKafkaRetention(client_->get(), existing));
  base::MutexLock lock(mutex_);
  for (const TopicSpec& topic : topics) retentions_[topic.name] = topic.retention;
  return absl::OkStatus();
}

absl::Status KafkaAdmin::AwaitServed(absl::Span<const TopicSpec> topics) {
  const auto deadline = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(kKafkaRequestTimeout);
  while (true) {
    const absl::Status status = CheckServed(topics);
    const bool passes = absl::IsUnavailable(status) || absl::IsNotFound(status);  // a broker may not know of it yet
    if (!passes || std::chrono::steady_clock::now() > deadline) return status;
    std::this_thread::sleep_for(kLeaderPoll);
  }
}

// UNAVAILABLE when a partition has no leader, or one that does not know of it yet.
absl::Status KafkaAdmin::CheckServed(absl::Span<const TopicSpec> topics) {
  ASSIGN_OR_RETURN(const PartitionCounts counts, ReadCounts());
  for (const TopicSpec& topic : topics) {
    if (!counts.contains(topic.name)) {
      return absl::UnavailableError(absl::StrCat("Kafka: topic ", topic.name, " has no leaders yet; try again"));
    }
    RETURN_IF_ERROR(CheckCount(topic, counts));
    RETURN_IF_ERROR(FirstSince(topic.name, topic.partitions, absl::UnixEpoch()).status());
  }
  base::MutexLock lock(mutex_);
  for (const TopicSpec& topic : topics) known_[topic.name] = {topic.partitions, MonotonicNs()};
  return absl::OkStatus();
}

absl::StatusOr<int64_t> KafkaAdmin::ReadBound(const std::string& topic, int partition, int64_t which) {
  RETURN_IF_ERROR(CheckPartition(topic, partition));
  const absl::StatusOr<int64_t> bound = AskKafkaOffset(client_->get(), topic, partition, which);
  if (absl::IsNotFound(bound.status())) Forget(topic);
  return bound;
}

absl::StatusOr<KafkaAdmin::Bounds> KafkaAdmin::ReadBounds(const std::string& topic, int partition) {
  Bounds bounds;
  ASSIGN_OR_RETURN(bounds.begin, ReadBound(topic, partition, kKafkaBegin));
  ASSIGN_OR_RETURN(bounds.end, ReadBound(topic, partition, kKafkaEnd));
  return bounds;
}

absl::Status KafkaAdmin::DeleteBelow(const std::string& topic, int partition, int64_t before_offset) {
  ASSIGN_OR_RETURN(const Bounds bounds, ReadBounds(topic, partition));
  if (before_offset <= bounds.begin) return absl::OkStatus();
  const KafkaPartitions offsets(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(offsets.get(), topic.c_str(), partition)->offset =
      std::min(before_offset, bounds.end);
  rd_kafka_DeleteRecords_t* request = rd_kafka_DeleteRecords_new(offsets.get());
  const KafkaQueue queue(rd_kafka_queue_new(client_->get()));
  rd_kafka_DeleteRecords(client_->get(), &request, 1, nullptr, queue.get());
  rd_kafka_DeleteRecords_destroy(request);
  ASSIGN_OR_RETURN(const KafkaEvent answer, AwaitKafkaAnswer(queue.get(), topic, "trimming"));
  const rd_kafka_topic_partition_list_t* results =
      rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(answer.get()));
  for (int i = 0; i < results->cnt; ++i) RETURN_IF_ERROR(KafkaError(results->elems[i].err, topic, "trimming"));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<int64_t>> KafkaAdmin::FirstSince(const std::string& topic, int partitions,
                                                            absl::Time since) {
  const KafkaPartitions times(rd_kafka_topic_partition_list_new(partitions));
  for (int partition = 0; partition < partitions; ++partition) {
    rd_kafka_topic_partition_list_add(times.get(), topic.c_str(), partition)->offset = absl::ToUnixMillis(since);
  }
  RETURN_IF_ERROR(AskKafkaOffsets(client_->get(), topic, times.get()));
  std::vector<int64_t> offsets;
  for (int i = 0; i < times->cnt; ++i) {
    offsets.push_back(times->elems[i].offset < 0 ? INT64_MAX : times->elems[i].offset);
  }
  return offsets;
}

absl::Status KafkaAdmin::ApplyRetention(absl::Time now) {
  std::map<std::string, absl::Duration> retentions;
  {
    base::MutexLock lock(mutex_);
    retentions = retentions_;
  }
  for (const auto& [topic, retention] : retentions) {
    if (retention == absl::InfiniteDuration()) continue;
    ASSIGN_OR_RETURN(const int partitions, Partitions(topic));
    ASSIGN_OR_RETURN(const std::vector<int64_t> keep_from, FirstSince(topic, partitions, now - retention));
    for (int partition = 0; partition < partitions; ++partition) {
      RETURN_IF_ERROR(DeleteBelow(topic, partition, keep_from[static_cast<size_t>(partition)]));
    }
  }
  return absl::OkStatus();
}

}  // namespace kontor::log
