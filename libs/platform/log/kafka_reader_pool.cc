#include "libs/platform/log/kafka_reader_pool.h"

#include <algorithm>
#include <chrono>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/platform/log/partition_table.h"
#include "libs/platform/log/topic_catalog.h"

namespace kontor::log {
namespace {

constexpr int64_t kUnusedNs =
    int64_t{10} * 1000 * 1000 * 1000;  // after which a reader is rather moved than another added

const KafkaSettings& ReaderSettings() {
  static const auto& settings = *new KafkaSettings{
      {"enable.auto.commit", "false"},       {"enable.auto.offset.store", "false"}, {"auto.offset.reset", "error"},
      {"enable.partition.eof", "true"},      {"fetch.wait.max.ms", "50"},           {"fetch.error.backoff.ms", "50"},
      {"fetch.message.max.bytes", "524288"}, {"queued.max.messages.kbytes", "1024"}};
  return settings;
}

}  // namespace

absl::StatusOr<std::vector<LogRecord>> KafkaReaderPool::Read(const std::string& topic, int partition, int64_t from,
                                                             const ReadLimits& limits) {
  RETURN_IF_ERROR(admin_.CheckPartition(topic, partition));
  const Key key(topic, partition);
  Place* place = LeaseAt(key, from);
  int64_t goal = from;
  if (place == nullptr || !place->reader->Ready()) {
    const absl::StatusOr<int64_t> known = ReadGoal(key, from);
    const int64_t at = place == nullptr ? from : place->reader->next();
    if (!known.ok() || *known <= at) {
      if (place != nullptr) GiveBack(*place, !known.ok());
      if (!known.ok()) return known.status();
      return std::vector<LogRecord>();
    }
    goal = *known;
    if (place == nullptr) {
      ASSIGN_OR_RETURN(place, LeaseNew(key, from));
    }
  }
  std::vector<LogRecord> records;
  const rd_kafka_resp_err_t error = place->reader->Take(limits, goal, kKafkaRequestTimeout, &records);
  GiveBack(*place, error != RD_KAFKA_RESP_ERR_NO_ERROR);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return ReadFailed(key, from, error);
  return records;
}

absl::StatusOr<int64_t> KafkaReaderPool::ReadGoal(const Key& key, int64_t from) {
  {
    base::MutexLock lock(mutex_);
    const int64_t appended_end = partitions_[key].appended_end;
    if (appended_end > from) return appended_end;
  }
  ASSIGN_OR_RETURN(const KafkaAdmin::Bounds bounds, admin_.ReadBounds(key.first, key.second));
  RETURN_IF_ERROR(CheckReadOffset(key.first, key.second, from, bounds.begin, bounds.end));
  return bounds.end;
}

absl::Status KafkaReaderPool::ReadFailed(const Key& key, int64_t from, rd_kafka_resp_err_t error) {
  {
    base::MutexLock lock(mutex_);
    partitions_[key].appended_end = 0;
  }
  if (SaysUnknownTopic(error)) admin_.Forget(key.first);
  if (error == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || error == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
    ASSIGN_OR_RETURN(const KafkaAdmin::Bounds bounds, admin_.ReadBounds(key.first, key.second));
    RETURN_IF_ERROR(CheckReadOffset(key.first, key.second, from, bounds.begin, bounds.end));
  }
  return KafkaError(error, absl::StrCat(key.first, "/", key.second), "reading");
}

absl::StatusOr<std::vector<size_t>> KafkaReaderPool::Wait(absl::Span<const Position> next, absl::Duration timeout) {
  for (const Position& position : next) {
    RETURN_IF_ERROR(admin_.CheckPartition(position.topic, position.partition));
  }
  const auto deadline = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(timeout);
  std::vector<size_t> ready;
  for (bool in_time = true; true;) {
    const int64_t version = wake_.Version();
    {
      base::MutexLock lock(mutex_);
      for (size_t i = 0; i < next.size(); ++i) {
        ASSIGN_OR_RETURN(const bool has_records, HasRecords(next[i]));
        if (has_records) ready.push_back(i);
      }
    }
    if (!ready.empty() || !in_time) return ready;
    in_time = wake_.WaitBeyond(version, deadline);
  }
}

absl::StatusOr<bool> KafkaReaderPool::HasRecords(const Position& next) {
  const Key key(next.topic, next.partition);
  Partition& partition = partitions_[key];
  if (partition.appended_end > next.offset) return true;
  Place* place = FindAt(partition, next.offset);
  if (place == nullptr) {
    ASSIGN_OR_RETURN(place, StartAt(key, next.offset));
  }
  if (place == nullptr) return false;
  place->used_ns = MonotonicNs();
  return place->reader->Ready();
}

void KafkaReaderPool::Appended(const std::string& topic, const std::map<int, int64_t>& ends) {
  {
    base::MutexLock lock(mutex_);
    for (const auto& [partition, end] : ends) {
      int64_t& known = partitions_[Key(topic, partition)].appended_end;
      known = std::max(known, end);
    }
  }
  wake_.Raise();
}

void KafkaReaderPool::Drop(const std::string& topic, int partition) {
  base::MutexLock lock(mutex_);
  for (Place& place : partitions_[Key(topic, partition)].places) DropPlace(place);
}

void KafkaReaderPool::DropAll() {
  base::MutexLock lock(mutex_);
  for (auto& [key, partition] : partitions_) {
    for (Place& place : partition.places) DropPlace(place);
  }
}

void KafkaReaderPool::DropPlace(Place& place) {
  place.dropped = place.busy;
  if (place.busy || place.reader == nullptr) return;
  place.reader.reset();
  --readers_;
}

KafkaReaderPool::Place* KafkaReaderPool::FindAt(Partition& partition, int64_t offset) {
  for (Place& place : partition.places) {
    if (place.reader != nullptr && !place.busy && place.reader->At(offset)) return &place;
  }
  return nullptr;
}

size_t KafkaReaderPool::ChooseClient(const Partition& partition) const {
  size_t oldest = kClientsMax;
  for (size_t i = 0; i < clients_.size(); ++i) {
    const Place& place = partition.places[i];
    if (place.reader == nullptr) return i;
    if (place.busy) continue;
    if (oldest == kClientsMax || place.used_ns < partition.places[oldest].used_ns) oldest = i;
  }
  const bool unused = oldest < kClientsMax && partition.places[oldest].used_ns < MonotonicNs() - kUnusedNs;
  return unused || clients_.size() == kClientsMax ? oldest : clients_.size();
}

absl::StatusOr<rd_kafka_topic_t*> KafkaReaderPool::Topic(size_t client, const std::string& name) {
  if (client == clients_.size()) {
    ASSIGN_OR_RETURN(std::unique_ptr<KafkaClient> opened,
                     KafkaClient::Open(RD_KAFKA_CONSUMER, options_, ReaderSettings()));
    clients_.push_back({std::move(opened), {}});
  }
  KafkaTopic& topic = clients_[client].topics[name];
  if (topic == nullptr) topic.reset(rd_kafka_topic_new(clients_[client].client->get(), name.c_str(), nullptr));
  if (topic == nullptr) return KafkaError(rd_kafka_last_error(), name, "reading");
  return topic.get();
}

void KafkaReaderPool::MakeRoom() {
  if (readers_ < kReadersMax) return;
  Place* oldest = nullptr;
  for (auto& [key, partition] : partitions_) {
    for (Place& place : partition.places) {
      if (place.reader == nullptr || place.busy) continue;
      if (oldest == nullptr || place.used_ns < oldest->used_ns) oldest = &place;
    }
  }
  if (oldest != nullptr) DropPlace(*oldest);
}

absl::StatusOr<KafkaReaderPool::Place*> KafkaReaderPool::StartAt(const Key& key, int64_t offset) {
  Partition& partition = partitions_[key];
  const size_t chosen = ChooseClient(partition);
  if (chosen == kClientsMax) return nullptr;
  ASSIGN_OR_RETURN(rd_kafka_topic_t * topic, Topic(chosen, key.first));
  Place& place = partition.places[chosen];
  DropPlace(place);
  MakeRoom();
  place.reader = std::make_unique<KafkaReader>(clients_[chosen].client->get(), topic, key.second, offset,
                                               [this] { wake_.Raise(); });
  place.used_ns = MonotonicNs();
  ++readers_;
  return &place;
}

KafkaReaderPool::Place* KafkaReaderPool::LeaseAt(const Key& key, int64_t from) {
  base::MutexLock lock(mutex_);
  Place* place = FindAt(partitions_[key], from);
  if (place != nullptr) place->busy = true;
  return place;
}

absl::StatusOr<KafkaReaderPool::Place*> KafkaReaderPool::LeaseNew(const Key& key, int64_t from) {
  base::MutexLock lock(mutex_);
  while (true) {
    ASSIGN_OR_RETURN(Place * place, StartAt(key, from));
    if (place != nullptr) {
      place->busy = true;
      return place;
    }
    given_back_.Wait(mutex_);
  }
}

void KafkaReaderPool::GiveBack(Place& place, bool drop) {
  base::MutexLock lock(mutex_);
  place.busy = false;
  place.used_ns = MonotonicNs();
  if (drop || place.dropped) DropPlace(place);
  given_back_.NotifyAll();
}

}  // namespace kontor::log
