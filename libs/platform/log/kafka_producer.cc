#include "libs/platform/log/kafka_producer.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/platform/log/kafka_record.h"

namespace kontor::log {
namespace {

constexpr int kReportPollMs = 1000;

// One call of Produce; counts the reports that are still to come.
struct Call {
  struct Slot {
    Call* call;
    int64_t offset = -1;
  };

  explicit Call(size_t records) : slots(records, Slot{this}), pending(static_cast<int64_t>(records) + 1) {}

  void Done(rd_kafka_resp_err_t outcome) {
    if (outcome != RD_KAFKA_RESP_ERR_NO_ERROR) error = outcome;
    if (pending.fetch_sub(1) > 1) return;
    base::MutexLock lock(mutex);
    done = true;
    all_done.NotifyAll();
  }
  void Await() {
    base::MutexLock lock(mutex);
    while (!done) all_done.Wait(mutex);
  }

  std::vector<Slot> slots;
  std::atomic<int64_t> pending;  // and one for the caller, until all are produced
  std::atomic<rd_kafka_resp_err_t> error = RD_KAFKA_RESP_ERR_NO_ERROR;
  base::Mutex mutex;
  base::CondVar all_done;
  bool done ABSL_GUARDED_BY(mutex) = false;
};

void Delivered(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  auto* slot = static_cast<Call::Slot*>(message->_private);
  slot->offset = message->offset;
  slot->call->Done(message->err);
}

KafkaSettings ProducerSettings(const KafkaEventLogOptions& options) {
  const int64_t buffer_kbytes = std::max<int64_t>(2 * options.bytes_in_flight_max, 4 * kKafkaRecordBytesMax) >> 10;
  return {{"enable.idempotence", "true"},
          {"acks", "all"},
          {"linger.ms", "0.5"},
          {"batch.num.messages", "100000"},
          {"message.max.bytes", absl::StrCat(2 * kKafkaRecordBytesMax)},
          {"message.timeout.ms", absl::StrCat(ToKafkaMs(options.append_timeout))},
          {"retry.backoff.ms", "20"},
          {"queue.buffering.max.messages", "0"},
          {"queue.buffering.max.kbytes", absl::StrCat(buffer_kbytes)}};
}

}  // namespace

absl::StatusOr<std::shared_ptr<KafkaProducerClient>> KafkaProducerClient::Open(const KafkaEventLogOptions& options) {
  ASSIGN_OR_RETURN(std::unique_ptr<KafkaClient> client,
                   KafkaClient::Open(RD_KAFKA_PRODUCER, options, ProducerSettings(options), Delivered));
  return std::shared_ptr<KafkaProducerClient>(new KafkaProducerClient(std::move(client)));
}

KafkaProducerClient::KafkaProducerClient(std::unique_ptr<KafkaClient> client)
    : client_(std::move(client)), reports_([this] {
        while (!stop_) rd_kafka_poll(client_->get(), kReportPollMs);
      }) {}

KafkaProducerClient::~KafkaProducerClient() {
  stop_ = true;
  const KafkaQueue reports(rd_kafka_queue_get_main(client_->get()));
  rd_kafka_queue_yield(reports.get());
  reports_.join();
}

bool KafkaProducerClient::Broken() const {
  char text[256];
  return rd_kafka_fatal_error(client_->get(), text, sizeof(text)) != RD_KAFKA_RESP_ERR_NO_ERROR;
}

absl::StatusOr<rd_kafka_topic_t*> KafkaProducerClient::Topic(const std::string& name) {
  base::MutexLock lock(mutex_);
  KafkaTopic& topic = topics_[name];
  if (topic == nullptr) topic.reset(rd_kafka_topic_new(client_->get(), name.c_str(), nullptr));
  if (topic == nullptr) return KafkaError(rd_kafka_last_error(), name, "appending to");
  return topic.get();
}

absl::StatusOr<std::vector<int64_t>> KafkaProducerClient::Produce(const std::string& topic,
                                                                  absl::Span<const NewRecord> records,
                                                                  absl::Span<const int> partitions, absl::Time now) {
  ASSIGN_OR_RETURN(rd_kafka_topic_t * handle, Topic(topic));
  Call call(records.size());
  for (size_t i = 0; i < records.size(); ++i) {
    const absl::Time received_at = records[i].received_at == absl::InfinitePast() ? now : records[i].received_at;
    const rd_kafka_resp_err_t error =
        ProduceRecord(client_->get(), handle, partitions[i], records[i], received_at, &call.slots[i]);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) call.Done(error);
  }
  call.Done(RD_KAFKA_RESP_ERR_NO_ERROR);
  call.Await();
  RETURN_IF_ERROR(KafkaError(call.error, topic, "appending to"));
  std::vector<int64_t> offsets;
  offsets.reserve(records.size());
  for (const Call::Slot& slot : call.slots) {
    // A record that was sent again after others may be known to be on the log without its place.
    if (slot.offset < 0) return absl::UnavailableError(absl::StrCat("Kafka gave no offset in ", topic));
    offsets.push_back(slot.offset);
  }
  return offsets;
}

absl::StatusOr<std::unique_ptr<KafkaProducer>> KafkaProducer::Open(const KafkaEventLogOptions& options,
                                                                   const base::Clock& clock) {
  ASSIGN_OR_RETURN(std::shared_ptr<KafkaProducerClient> client, KafkaProducerClient::Open(options));
  return std::unique_ptr<KafkaProducer>(new KafkaProducer(options, clock, std::move(client)));
}

absl::Status KafkaProducer::Reserve(int64_t bytes) {
  int64_t before = bytes_in_flight_;
  do {
    if (before > 0 && before + bytes > options_.bytes_in_flight_max) {
      return base::Error(absl::StatusCode::kResourceExhausted, kReasonLogBusy,
                         absl::StrCat("the log has ", before, " bytes waiting to be appended; send more slowly"));
    }
  } while (!bytes_in_flight_.compare_exchange_weak(before, before + bytes));
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<KafkaProducerClient>> KafkaProducer::Client() {
  base::MutexLock lock(mutex_);
  if (client_->Broken()) {
    ASSIGN_OR_RETURN(client_, KafkaProducerClient::Open(options_));
  }
  return client_;
}

absl::StatusOr<std::vector<int64_t>> KafkaProducer::Append(const std::string& topic,
                                                           absl::Span<const NewRecord> records,
                                                           absl::Span<const int> partitions) {
  int64_t bytes = 0;
  for (const NewRecord& record : records) {
    const int64_t size = static_cast<int64_t>(record.key.size() + record.bytes.size());
    if (size > kKafkaRecordBytesMax) {
      return absl::InvalidArgumentError(
          absl::StrCat("a record of ", size, " bytes is above the ", kKafkaRecordBytesMax, " that Kafka takes here"));
    }
    bytes += size;
  }
  ASSIGN_OR_RETURN(const std::shared_ptr<KafkaProducerClient> client, Client());
  RETURN_IF_ERROR(Reserve(bytes));
  absl::StatusOr<std::vector<int64_t>> offsets = client->Produce(topic, records, partitions, clock_.Now());
  bytes_in_flight_ -= bytes;
  return offsets;
}

}  // namespace kontor::log
