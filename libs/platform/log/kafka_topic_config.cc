#include "libs/platform/log/kafka_topic_config.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace kontor::log {
namespace {

constexpr char kRetention[] = "retention.ms";

using NewTopic = KafkaOwned<rd_kafka_NewTopic_t, rd_kafka_NewTopic_destroy>;
using ConfigResource = KafkaOwned<rd_kafka_ConfigResource_t, rd_kafka_ConfigResource_destroy>;
using AdminOptions = KafkaOwned<rd_kafka_AdminOptions_t, rd_kafka_AdminOptions_destroy>;

template <typename Owned>
auto Pointers(const std::vector<Owned>& owned) {
  std::vector<typename Owned::pointer> pointers;
  for (const Owned& each : owned) pointers.push_back(each.get());
  return pointers;
}

std::string RetentionMs(absl::Duration retention) {
  if (retention == absl::InfiniteDuration()) return "-1";
  return absl::StrCat(absl::ToInt64Milliseconds(absl::Ceil(retention, absl::Milliseconds(1))));
}

absl::StatusOr<NewTopic> MakeTopic(const TopicSpec& spec, int replication_factor) {
  char error[256];
  NewTopic topic(rd_kafka_NewTopic_new(spec.name.c_str(), spec.partitions, replication_factor, error, sizeof(error)));
  if (topic == nullptr) return absl::InvalidArgumentError(absl::StrCat("topic ", spec.name, ": ", error));
  const int in_sync = std::max(1, replication_factor - 1);
  const std::pair<const char*, std::string> settings[] = {
      {kRetention, RetentionMs(spec.retention)},
      {"cleanup.policy", "delete"},
      {"message.timestamp.type", "CreateTime"},
      {"min.insync.replicas", absl::StrCat(in_sync)},
      {"max.message.bytes", absl::StrCat(2 * kKafkaRecordBytesMax)}};
  for (const auto& [name, value] : settings) {
    RETURN_IF_ERROR(
        KafkaError(rd_kafka_NewTopic_set_config(topic.get(), name, value.c_str()), spec.name, "configuring"));
  }
  return topic;
}

ConfigResource MakeResource(const char* name) {
  return ConfigResource(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name));
}

const std::string* WantedRetention(absl::string_view name, const std::map<std::string, std::string, std::less<>>& all) {
  const auto found = all.find(name);
  return found == all.end() ? nullptr : &found->second;
}

// What to send for a topic as described, with another retention; null when it has that already. AlterConfigs replaces
// everything that was set for the topic, so that is sent along.
ConfigResource Changed(const rd_kafka_ConfigResource_t* described, const std::string& retention_ms) {
  size_t count = 0;
  rd_kafka_ConfigEntry_t const* const* entries = rd_kafka_ConfigResource_configs(described, &count);
  ConfigResource changed = MakeResource(rd_kafka_ConfigResource_name(described));
  for (size_t i = 0; i < count; ++i) {
    const absl::string_view name = rd_kafka_ConfigEntry_name(entries[i]);
    const char* value = rd_kafka_ConfigEntry_value(entries[i]);
    if (name == kRetention && value != nullptr && value == retention_ms) return nullptr;
    const bool is_ours = rd_kafka_ConfigEntry_source(entries[i]) == RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG;
    if (is_ours && name != kRetention) rd_kafka_ConfigResource_set_config(changed.get(), name.data(), value);
  }
  rd_kafka_ConfigResource_set_config(changed.get(), kRetention, retention_ms.c_str());
  return changed;
}

absl::Status Alter(rd_kafka_t* client, const std::vector<ConfigResource>& changes) {
  if (changes.empty()) return absl::OkStatus();
  std::vector<rd_kafka_ConfigResource_t*> pointers = Pointers(changes);
  const KafkaQueue queue(rd_kafka_queue_new(client));
  rd_kafka_AlterConfigs(client, pointers.data(), pointers.size(), nullptr, queue.get());
  ASSIGN_OR_RETURN(const KafkaEvent answer, AwaitKafkaAnswer(queue.get(), "topics", "configuring"));
  size_t count = 0;
  rd_kafka_ConfigResource_t const* const* altered =
      rd_kafka_AlterConfigs_result_resources(rd_kafka_event_AlterConfigs_result(answer.get()), &count);
  for (size_t i = 0; i < count; ++i) {
    RETURN_IF_ERROR(
        KafkaError(rd_kafka_ConfigResource_error(altered[i]), rd_kafka_ConfigResource_name(altered[i]), "configuring"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<KafkaEvent> AwaitKafkaAnswer(rd_kafka_queue_t* queue, absl::string_view topic, absl::string_view doing) {
  KafkaEvent event(rd_kafka_queue_poll(queue, 2 * ToKafkaMs(kKafkaRequestTimeout)));
  if (event == nullptr) return KafkaError(RD_KAFKA_RESP_ERR__TIMED_OUT, topic, doing);
  RETURN_IF_ERROR(KafkaError(rd_kafka_event_error(event.get()), topic, doing));
  return event;
}

absl::Status CreateKafkaTopics(rd_kafka_t* client, absl::Span<const TopicSpec* const> topics, int replication_factor) {
  std::vector<NewTopic> wanted;
  for (const TopicSpec* spec : topics) {
    ASSIGN_OR_RETURN(NewTopic topic, MakeTopic(*spec, replication_factor));
    wanted.push_back(std::move(topic));
  }
  std::vector<rd_kafka_NewTopic_t*> pointers = Pointers(wanted);
  const KafkaQueue queue(rd_kafka_queue_new(client));
  const AdminOptions options(rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_CREATETOPICS));
  char error[256];
  rd_kafka_AdminOptions_set_operation_timeout(options.get(), ToKafkaMs(kKafkaRequestTimeout), error, sizeof(error));
  rd_kafka_CreateTopics(client, pointers.data(), pointers.size(), options.get(), queue.get());
  ASSIGN_OR_RETURN(const KafkaEvent answer, AwaitKafkaAnswer(queue.get(), "topics", "creating"));
  size_t count = 0;
  rd_kafka_topic_result_t const* const* results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(answer.get()), &count);
  for (size_t i = 0; i < count; ++i) {
    const rd_kafka_resp_err_t outcome = rd_kafka_topic_result_error(results[i]);
    if (outcome == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) continue;
    RETURN_IF_ERROR(KafkaError(outcome, rd_kafka_topic_result_name(results[i]), "creating"));
  }
  return absl::OkStatus();
}

absl::Status SetKafkaRetention(rd_kafka_t* client, absl::Span<const TopicSpec* const> topics) {
  if (topics.empty()) return absl::OkStatus();
  std::vector<ConfigResource> asked;
  std::map<std::string, std::string, std::less<>> retentions;
  for (const TopicSpec* spec : topics) {
    asked.push_back(MakeResource(spec->name.c_str()));
    retentions[spec->name] = RetentionMs(spec->retention);
  }
  std::vector<rd_kafka_ConfigResource_t*> pointers = Pointers(asked);
  const KafkaQueue queue(rd_kafka_queue_new(client));
  rd_kafka_DescribeConfigs(client, pointers.data(), pointers.size(), nullptr, queue.get());
  ASSIGN_OR_RETURN(const KafkaEvent answer, AwaitKafkaAnswer(queue.get(), "topics", "describing"));
  size_t count = 0;
  rd_kafka_ConfigResource_t const* const* described =
      rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(answer.get()), &count);
  std::vector<ConfigResource> changes;
  for (size_t i = 0; i < count; ++i) {
    const char* name = rd_kafka_ConfigResource_name(described[i]);
    RETURN_IF_ERROR(KafkaError(rd_kafka_ConfigResource_error(described[i]), name, "describing"));
    const std::string* wanted = WantedRetention(name, retentions);
    if (wanted == nullptr) continue;
    if (ConfigResource change = Changed(described[i], *wanted)) changes.push_back(std::move(change));
  }
  return Alter(client, changes);
}

}  // namespace kontor::log
