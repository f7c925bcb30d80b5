#include "bench/raw_produce.h"

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <memory>

#include "absl/strings/str_cat.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"
#include "libs/platform/log/kafka_event_log.h"

namespace kontor::bench {
namespace {

constexpr char kTopic[] = "bench-raw-produce";
constexpr int kPartitions = 4;

struct Acknowledged {
  int64_t records = 0, failed = 0;
};

void OnDelivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  auto& acknowledged = *static_cast<Acknowledged*>(opaque);
  ++(message->err == RD_KAFKA_RESP_ERR_NO_ERROR ? acknowledged.records : acknowledged.failed);
}

absl::Status CreateTopic(const std::string& brokers) {
  log::KafkaEventLogOptions options;
  options.bootstrap_servers = brokers;
  ASSIGN_OR_RETURN(const std::unique_ptr<log::EventLog> log, log::OpenKafkaEventLog(base::SystemClock(), options));
  return log->CreateTopics({{kTopic, kPartitions}});
}

}  // namespace

absl::StatusOr<double> RawProduceRate(const std::string& brokers, int64_t records, double record_bytes) {
  RETURN_IF_ERROR(CreateTopic(brokers));
  char error[512] = {};
  Acknowledged acknowledged;
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  const std::pair<const char*, const char*> settings[] = {{"bootstrap.servers", brokers.c_str()},
                                                          {"enable.idempotence", "true"},
                                                          {"acks", "all"},
                                                          {"linger.ms", "5"},
                                                          {"queue.buffering.max.messages", "2000000"}};
  for (const auto& [name, value] : settings) {
    if (rd_kafka_conf_set(conf, name, value, error, sizeof(error)) != RD_KAFKA_CONF_OK) {
      return absl::InternalError(error);
    }
  }
  rd_kafka_conf_set_dr_msg_cb(conf, OnDelivery);
  rd_kafka_conf_set_opaque(conf, &acknowledged);
  rd_kafka_t* producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof(error));
  if (producer == nullptr) return absl::InternalError(error);
  rd_kafka_topic_t* topic = rd_kafka_topic_new(producer, kTopic, nullptr);
  std::string bytes(static_cast<size_t>(record_bytes), 'x');
  const auto begin = std::chrono::steady_clock::now();
  for (int64_t i = 0; i < records; ++i) {
    const auto partition = static_cast<int32_t>(i % kPartitions);
    while (rd_kafka_produce(topic, partition, RD_KAFKA_MSG_F_COPY, bytes.data(), bytes.size(), nullptr, 0, nullptr) !=
               0 &&
           rd_kafka_last_error() == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      rd_kafka_poll(producer, 10);
    }
    rd_kafka_poll(producer, 0);
  }
  rd_kafka_flush(producer, 60'000);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(producer);
  if (acknowledged.records != records) {
    return absl::InternalError(absl::StrCat(acknowledged.failed, " records were not acknowledged"));
  }
  return static_cast<double>(records) / seconds;
}

}  // namespace kontor::bench
