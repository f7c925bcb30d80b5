#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "libs/platform/log/event_log.h"
#include "libs/platform/log/kafka_client.h"

namespace kontor::log {

// Inside this library only: a prefetched stream of one partition's records. Not thread-safe.
class KafkaReader {
 public:
  // Starts at `from`; `arrived` is called by a thread of librdkafka, which it must not keep, when something comes into
  // an empty queue. A client holds one reader of a partition at a time; client and topic must outlive it.
  KafkaReader(rd_kafka_t* client, rd_kafka_topic_t* topic, int partition, int64_t from, std::function<void()> arrived);
  ~KafkaReader();

  // True when a read from `offset` may go on here: nothing lies between it and the next record.
  bool At(int64_t offset) const { return gap_begin_ <= offset && offset <= next_; }
  int64_t next() const { return next_; }
  // True when a record or an error is at hand.
  bool Ready();

  // Moves records to `records` within the limits: waits up to `patience` for the first, as long as the log is known to
  // reach to `goal`; after it for further ones only while more come. An error ends the use of this reader.
  rd_kafka_resp_err_t Take(const ReadLimits& limits, int64_t goal, absl::Duration patience,
                           std::vector<LogRecord>* records);

 private:
  static void Arrived(rd_kafka_t*, void* reader);
  // The next message within `wait`; null when none came. Steps over the marks of the log's end.
  KafkaMessage Next(absl::Duration wait);
  int64_t KnownEnd() const;
  void WakeFetcher() const;

  rd_kafka_t* const client_;
  rd_kafka_topic_t* const topic_;
  const int partition_;
  const std::function<void()> arrived_;
  std::atomic<bool> look_ = true;  // the queue may hold something
  const KafkaQueue queue_;
  rd_kafka_resp_err_t start_error_ = RD_KAFKA_RESP_ERR_NO_ERROR;
  KafkaMessage peeked_;
  int64_t gap_begin_;  // the offset after the last record taken
  int64_t next_;       // where the stream is; further than that when offsets were left out
};

}  // namespace kontor::log
