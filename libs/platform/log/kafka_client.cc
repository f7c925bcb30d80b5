#include "libs/platform/log/kafka_client.h"

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/platform/log/topic_catalog.h"
#include "libs/platform/runtime/log.h"

namespace kontor::log {
namespace {

constexpr int kSyslogError = 3, kSyslogWarning = 4, kSyslogInfo = 6, kSyslogDebug = 7;

void WriteLogLine(const rd_kafka_t*, int level, const char* facility, const char* text) {
  // What librdkafka calls ERROR repeats without end what it has said as FAIL, or has given to us as an error.
  if (absl::string_view(facility) == "ERROR") level = kSyslogDebug;
  const runtime::LogLevel ours = level <= kSyslogError     ? runtime::LogLevel::kError
                                 : level == kSyslogWarning ? runtime::LogLevel::kWarning
                                 : level <= kSyslogInfo    ? runtime::LogLevel::kInfo
                                                           : runtime::LogLevel::kDebug;
  runtime::Log(ours, "kafka client", {{"facility", facility}, {"text", text}});
}

absl::Status Set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  char error[512];
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), error, sizeof(error)) == RD_KAFKA_CONF_OK) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat("Kafka setting ", name, ": ", error));
}

}  // namespace

absl::StatusOr<std::unique_ptr<KafkaClient>> KafkaClient::Open(rd_kafka_type_t type,
                                                               const KafkaEventLogOptions& options,
                                                               const KafkaSettings& settings,
                                                               DeliveryReport delivered) {
  KafkaOwned<rd_kafka_conf_t, rd_kafka_conf_destroy> conf(rd_kafka_conf_new());
  rd_kafka_conf_set_log_cb(conf.get(), WriteLogLine);
  if (delivered != nullptr) rd_kafka_conf_set_dr_msg_cb(conf.get(), delivered);
  KafkaSettings all = {{"bootstrap.servers", options.bootstrap_servers},
                       {"client.id", "kontor"},
                       {"allow.auto.create.topics", "false"},
                       {"socket.nagle.disable", "true"},
                       {"socket.keepalive.enable", "true"},
                       {"socket.timeout.ms", absl::StrCat(ToKafkaMs(kKafkaRequestTimeout))},
                       {"log.connection.close", "false"},
                       {"reconnect.backoff.ms", "50"},
                       {"reconnect.backoff.max.ms", "1000"},
                       {"topic.metadata.refresh.fast.interval.ms", "50"}};
  all.insert(all.end(), settings.begin(), settings.end());
  all.insert(all.end(), options.extra.begin(), options.extra.end());
  for (const auto& [name, value] : all) RETURN_IF_ERROR(Set(conf.get(), name, value));
  char error[512];
  rd_kafka_t* client = rd_kafka_new(type, conf.get(), error, sizeof(error));
  if (client == nullptr) return absl::InvalidArgumentError(absl::StrCat("Kafka client: ", error));
  static_cast<void>(conf.release());  // the client owns it now
  return std::unique_ptr<KafkaClient>(new KafkaClient(client));
}

bool SaysUnknownTopic(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
         error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
}

absl::Status KafkaError(rd_kafka_resp_err_t error, absl::string_view topic, absl::string_view doing) {
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return absl::OkStatus();
  if (SaysUnknownTopic(error)) return UnknownTopic(topic);
  const std::string text = absl::StrCat("Kafka, ", doing, " ", topic, ": ", rd_kafka_err2str(error));
  switch (error) {
    case RD_KAFKA_RESP_ERR__QUEUE_FULL:
      return base::Error(absl::StatusCode::kResourceExhausted, kReasonLogBusy, text);
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
      return absl::DeadlineExceededError(text);
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
      return absl::InvalidArgumentError(text);
    default:
      return absl::UnavailableError(text);
  }
}

absl::Status AskKafkaOffsets(rd_kafka_t* client, const std::string& topic, rd_kafka_topic_partition_list_t* times,
                             absl::Duration timeout) {
  constexpr char kDoing[] = "asking for offsets of";
  RETURN_IF_ERROR(KafkaError(rd_kafka_offsets_for_times(client, times, ToKafkaMs(timeout)), topic, kDoing));
  for (int i = 0; i < times->cnt; ++i) RETURN_IF_ERROR(KafkaError(times->elems[i].err, topic, kDoing));
  return absl::OkStatus();
}

absl::StatusOr<int64_t> AskKafkaOffset(rd_kafka_t* client, const std::string& topic, int partition, int64_t time_ms,
                                       absl::Duration timeout) {
  const KafkaPartitions times(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(times.get(), topic.c_str(), partition)->offset = time_ms;
  RETURN_IF_ERROR(AskKafkaOffsets(client, topic, times.get(), timeout));
  return times->elems[0].offset;
}

}  // namespace kontor::log
