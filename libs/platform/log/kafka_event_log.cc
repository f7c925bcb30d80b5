#include "libs/platform/log/kafka_event_log.h"

#include <map>

#include "libs/base/hash.h"
#include "libs/base/status.h"
#include "libs/platform/log/kafka_admin.h"
#include "libs/platform/log/kafka_producer.h"
#include "libs/platform/log/kafka_reader_pool.h"

namespace kontor::log {
namespace {

class KafkaEventLog : public EventLog {
 public:
  KafkaEventLog(KafkaEventLogOptions options, std::unique_ptr<KafkaAdmin> admin,
                std::unique_ptr<KafkaProducer> producer)
      : admin_(std::move(admin)), producer_(std::move(producer)), readers_(std::move(options), *admin_) {}

  absl::Status CreateTopics(absl::Span<const TopicSpec> topics) override { return admin_->CreateTopics(topics); }
  absl::StatusOr<int> Partitions(absl::string_view topic) override { return admin_->Partitions(topic); }
  absl::StatusOr<std::vector<Position>> Append(absl::string_view topic, absl::Span<const NewRecord> records) override;

  absl::StatusOr<std::vector<LogRecord>> Read(absl::string_view topic, int partition, int64_t from_offset,
                                              const ReadLimits& limits) override {
    return readers_.Read(std::string(topic), partition, from_offset, limits);
  }
  absl::StatusOr<int64_t> Begin(absl::string_view topic, int partition) override {
    return admin_->ReadBound(std::string(topic), partition, kKafkaBegin);
  }
  absl::StatusOr<int64_t> End(absl::string_view topic, int partition) override {
    return admin_->ReadBound(std::string(topic), partition, kKafkaEnd);
  }
  absl::StatusOr<std::vector<size_t>> WaitForRecords(absl::Span<const Position> next, absl::Duration timeout) override {
    return readers_.Wait(next, timeout);
  }
  absl::Status Trim(absl::string_view topic, int partition, int64_t before_offset) override {
    const std::string name(topic);
    RETURN_IF_ERROR(admin_->DeleteBelow(name, partition, before_offset));
    readers_.Drop(name, partition);
    return absl::OkStatus();
  }
  absl::Status ApplyRetention(absl::Time now) override {
    const absl::Status status = admin_->ApplyRetention(now);
    readers_.DropAll();
    return status;
  }

 private:
  const std::unique_ptr<KafkaAdmin> admin_;
  const std::unique_ptr<KafkaProducer> producer_;
  KafkaReaderPool readers_;
};

absl::StatusOr<std::vector<Position>> KafkaEventLog::Append(absl::string_view topic,
                                                            absl::Span<const NewRecord> records) {
  ASSIGN_OR_RETURN(const int count, admin_->Partitions(topic));
  const std::string name(topic);
  std::vector<int> partitions;
  partitions.reserve(records.size());
  for (const NewRecord& record : records) partitions.push_back(base::PartitionOf(record.key, count));
  const absl::StatusOr<std::vector<int64_t>> offsets = producer_->Append(name, records, partitions);
  if (absl::IsNotFound(offsets.status())) admin_->Forget(topic);
  RETURN_IF_ERROR(offsets.status());
  std::vector<Position> positions;
  positions.reserve(records.size());
  std::map<int, int64_t> ends;
  for (size_t i = 0; i < records.size(); ++i) {
    positions.push_back({name, partitions[i], (*offsets)[i]});
    int64_t& end = ends[partitions[i]];
    end = std::max(end, (*offsets)[i] + 1);
  }
  readers_.Appended(name, ends);
  return positions;
}

}  // namespace

absl::StatusOr<std::unique_ptr<EventLog>> OpenKafkaEventLog(const base::Clock& clock, KafkaEventLogOptions options) {
  ASSIGN_OR_RETURN(std::unique_ptr<KafkaAdmin> admin, KafkaAdmin::Open(options));
  ASSIGN_OR_RETURN(std::unique_ptr<KafkaProducer> producer, KafkaProducer::Open(options, clock));
  return std::unique_ptr<EventLog>(
      std::make_unique<KafkaEventLog>(std::move(options), std::move(admin), std::move(producer)));
}

}  // namespace kontor::log
