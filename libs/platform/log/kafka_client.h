#pragma once

#include <librdkafka/rdkafka.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/platform/log/kafka_event_log.h"

// Inside this library only: owners of librdkafka's objects, and its errors in our words.
namespace kontor::log {

constexpr absl::Duration kKafkaRequestTimeout = absl::Seconds(5);
constexpr int64_t kKafkaRecordBytesMax = 8 << 20;

template <typename T, void (*destroy)(T*)>
struct KafkaDeleter {
  void operator()(T* object) const { destroy(object); }
};
template <typename T, void (*destroy)(T*)>
using KafkaOwned = std::unique_ptr<T, KafkaDeleter<T, destroy>>;

using KafkaTopic = KafkaOwned<rd_kafka_topic_t, rd_kafka_topic_destroy>;
using KafkaQueue = KafkaOwned<rd_kafka_queue_t, rd_kafka_queue_destroy>;
using KafkaEvent = KafkaOwned<rd_kafka_event_t, rd_kafka_event_destroy>;
using KafkaMessage = KafkaOwned<rd_kafka_message_t, rd_kafka_message_destroy>;
using KafkaPartitions = KafkaOwned<rd_kafka_topic_partition_list_t, rd_kafka_topic_partition_list_destroy>;

using KafkaSettings = std::vector<std::pair<std::string, std::string>>;
using DeliveryReport = void (*)(rd_kafka_t*, const rd_kafka_message_t*, void*);

// One librdkafka client with threads of its own; its words go to our log. Thread-safe.
class KafkaClient {
 public:
  // The options' settings come last and win.
  static absl::StatusOr<std::unique_ptr<KafkaClient>> Open(rd_kafka_type_t type, const KafkaEventLogOptions& options,
                                                           const KafkaSettings& settings,
                                                           DeliveryReport delivered = nullptr);
  rd_kafka_t* get() const { return client_.get(); }

 private:
  explicit KafkaClient(rd_kafka_t* client) : client_(client) {}
  KafkaOwned<rd_kafka_t, rd_kafka_destroy> client_;
};

// UNKNOWN_TOPIC where the error says that `topic` or its partition is not there; otherwise trouble of the kinds that
// event_log.h names.
absl::Status KafkaError(rd_kafka_resp_err_t error, absl::string_view topic, absl::string_view doing);
bool SaysUnknownTopic(rd_kafka_resp_err_t error);

// Sets the offsets of `times`, which are times as in AskKafkaOffset, to what is found.
absl::Status AskKafkaOffsets(rd_kafka_t* client, const std::string& topic, rd_kafka_topic_partition_list_t* times,
                             absl::Duration timeout = kKafkaRequestTimeout);

// The offset of the first record whose time stamp is so many milliseconds or more, or kKafkaBegin or kKafkaEnd, for
// which the log's bounds are answered. Keeps to the timeout, which rd_kafka_query_watermark_offsets does not.
constexpr int64_t kKafkaBegin = -2, kKafkaEnd = -1;
absl::StatusOr<int64_t> AskKafkaOffset(rd_kafka_t* client, const std::string& topic, int partition, int64_t time_ms,
                                       absl::Duration timeout = kKafkaRequestTimeout);

inline int ToKafkaMs(absl::Duration duration) { return static_cast<int>(absl::ToInt64Milliseconds(duration)); }

}  // namespace kontor::log
