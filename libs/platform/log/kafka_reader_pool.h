#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "libs/base/mutex.h"
#include "libs/platform/log/kafka_admin.h"
#include "libs/platform/log/kafka_client.h"
#include "libs/platform/log/kafka_reader.h"
#include "libs/platform/log/wake_signal.h"

namespace kontor::log {

// Inside this library only: the readers of a process, each kept where its last read ended. A librdkafka client reads a
// partition at one place only, so readers that are at different places of a partition are on different clients, opened
// when first needed: one per group of consumers, eight at most. Thread-safe.
class KafkaReaderPool {
 public:
  KafkaReaderPool(KafkaEventLogOptions options, KafkaAdmin& admin) : options_(std::move(options)), admin_(admin) {}

  absl::StatusOr<std::vector<LogRecord>> Read(const std::string& topic, int partition, int64_t from,
                                              const ReadLimits& limits);
  // As EventLog::WaitForRecords. A position whose read would fail counts as one that has records.
  absl::StatusOr<std::vector<size_t>> Wait(absl::Span<const Position> next, absl::Duration timeout);
  // This process has appended up to the ends, by partition.
  void Appended(const std::string& topic, const std::map<int, int64_t>& ends);
  // Drops what was prefetched of the partition, or of all.
  void Drop(const std::string& topic, int partition);
  void DropAll();

 private:
  static constexpr int kClientsMax = 8;
  static constexpr int kReadersMax = 256;

  using Key = std::pair<std::string, int>;
  struct Client {
    std::unique_ptr<KafkaClient> client;
    std::map<std::string, KafkaTopic> topics;
  };
  struct Place {
    std::unique_ptr<KafkaReader> reader;
    bool busy = false;     // a read works with it, without the lock
    bool dropped = false;  // goes when that read is done
    int64_t used_ns = 0;
  };
  struct Partition {
    std::array<Place, kClientsMax> places;  // by client
    int64_t appended_end = 0;               // as far as this process knows by its own appends
  };

  // The idle reader that is at `offset`; null when there is none.
  Place* FindAt(Partition& partition, int64_t offset) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // A reader started at `offset`, in place of the longest unused when there is no room; null when all are busy.
  absl::StatusOr<Place*> StartAt(const Key& key, int64_t offset) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  size_t ChooseClient(const Partition& partition) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<rd_kafka_topic_t*> Topic(size_t client, const std::string& name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void MakeRoom() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DropPlace(Place& place) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<bool> HasRecords(const Position& next) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // The idle reader that is at `from`; null when there is none.
  Place* LeaseAt(const Key& key, int64_t from);
  // A fresh one; waits while all are busy.
  absl::StatusOr<Place*> LeaseNew(const Key& key, int64_t from);
  void GiveBack(Place& place, bool drop);
  // How far the log is known to reach when nothing is at hand at `from`; OUT_OF_RANGE when `from` is not on it.
  absl::StatusOr<int64_t> ReadGoal(const Key& key, int64_t from);
  absl::Status ReadFailed(const Key& key, int64_t from, rd_kafka_resp_err_t error);

  const KafkaEventLogOptions options_;
  KafkaAdmin& admin_;
  WakeSignal wake_;  // something arrived or was appended
  base::Mutex mutex_;
  base::CondVar given_back_;
  std::vector<Client> clients_ ABSL_GUARDED_BY(mutex_);
  std::map<Key, Partition> partitions_ ABSL_GUARDED_BY(mutex_);
  int readers_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace kontor::log
