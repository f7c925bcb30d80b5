#include "libs/platform/log/kafka_reader.h"

#include <algorithm>
#include <chrono>

#include "libs/platform/log/kafka_record.h"

namespace kontor::log {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr absl::Duration kFurther = absl::Milliseconds(3);  // for a record that is on the log but not yet here
constexpr absl::Duration kWakePatience = absl::Milliseconds(100);

}  // namespace

KafkaReader::KafkaReader(rd_kafka_t* client, rd_kafka_topic_t* topic, int partition, int64_t from,
                         std::function<void()> arrived)
    : client_(client),
      topic_(topic),
      partition_(partition),
      arrived_(std::move(arrived)),
      queue_(rd_kafka_queue_new(client)),
      gap_begin_(from),
      next_(from) {
  rd_kafka_queue_cb_event_enable(queue_.get(), Arrived, this);
  if (rd_kafka_consume_start_queue(topic_, partition_, from, queue_.get()) != 0) {
    start_error_ = rd_kafka_last_error();
  }
}

KafkaReader::~KafkaReader() {
  rd_kafka_queue_cb_event_enable(queue_.get(), nullptr, nullptr);
  if (start_error_ == RD_KAFKA_RESP_ERR_NO_ERROR) rd_kafka_consume_stop(topic_, partition_);
}

void KafkaReader::Arrived(rd_kafka_t*, void* reader) {
  auto* self = static_cast<KafkaReader*>(reader);
  self->look_ = true;
  self->arrived_();
}

KafkaMessage KafkaReader::Next(absl::Duration wait) {
  if (peeked_ != nullptr) return std::move(peeked_);
  while (true) {
    KafkaMessage message(rd_kafka_consume_queue(queue_.get(), ToKafkaMs(wait)));
    if (message == nullptr || message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) return message;
    next_ = std::max(next_, message->offset);
  }
}

bool KafkaReader::Ready() {
  if (start_error_ != RD_KAFKA_RESP_ERR_NO_ERROR) return true;
  if (peeked_ == nullptr && look_.exchange(false)) peeked_ = Next(absl::ZeroDuration());
  return peeked_ != nullptr;
}

int64_t KafkaReader::KnownEnd() const {
  int64_t begin = 0, end = 0;
  const rd_kafka_resp_err_t error =
      rd_kafka_get_watermark_offsets(client_, rd_kafka_topic_name(topic_), partition_, &begin, &end);
  return error == RD_KAFKA_RESP_ERR_NO_ERROR ? end : 0;
}

// A fetcher that stopped at a full queue looks again after up to a second, or when its thread has other work to do.
void KafkaReader::WakeFetcher() const {
  AskKafkaOffset(client_, rd_kafka_topic_name(topic_), partition_, kKafkaEnd, kWakePatience).IgnoreError();
}

rd_kafka_resp_err_t KafkaReader::Take(const ReadLimits& limits, int64_t goal, absl::Duration patience,
                                      std::vector<LogRecord>* records) {
  if (start_error_ != RD_KAFKA_RESP_ERR_NO_ERROR) return start_error_;
  const auto deadline = SteadyClock::now() + absl::ToChronoNanoseconds(patience);
  int64_t bytes = 0;
  while (static_cast<int>(records->size()) < limits.max_records && bytes < limits.max_bytes) {
    KafkaMessage message = Next(absl::ZeroDuration());
    if (message == nullptr) {
      if (next_ >= std::max(goal, KnownEnd()) || SteadyClock::now() > deadline) break;
      message = Next(kFurther);
    }
    if (message == nullptr) {
      if (next_ >= goal) break;
      WakeFetcher();
      continue;
    }
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      if (records->empty()) return message->err;
      peeked_ = std::move(message);
      break;
    }
    if (message->offset < gap_begin_) continue;
    records->push_back(ToLogRecord(*message));
    bytes += static_cast<int64_t>(message->len);
    gap_begin_ = next_ = message->offset + 1;
  }
  look_ = true;
  return records->empty() && next_ < goal ? RD_KAFKA_RESP_ERR__TIMED_OUT : RD_KAFKA_RESP_ERR_NO_ERROR;
}

}  // namespace kontor::log
