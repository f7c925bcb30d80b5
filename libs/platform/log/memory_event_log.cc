#include "libs/platform/log/memory_event_log.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>

#include "libs/base/hash.h"
#include "libs/base/mutex.h"
#include "libs/base/status.h"
#include "libs/platform/log/topic_catalog.h"

namespace kontor::log {
namespace {

struct PartitionLog {
  int64_t begin = 0;
  std::deque<LogRecord> records;
  int64_t end() const { return begin + static_cast<int64_t>(records.size()); }
};

struct Topic {
  absl::Duration retention;
  std::vector<PartitionLog> partitions;
};

class MemoryEventLog : public EventLog {
 public:
  explicit MemoryEventLog(const base::Clock& clock) : clock_(clock) {}

  absl::Status CreateTopics(absl::Span<const TopicSpec> topics) override {
    for (const TopicSpec& spec : topics) RETURN_IF_ERROR(CheckTopicSpec(spec));
    base::MutexLock lock(mutex_);
    for (const TopicSpec& spec : topics) {
      Topic& topic = topics_[spec.name];
      if (topic.partitions.empty()) topic.partitions.resize(static_cast<size_t>(spec.partitions));
      const int have = static_cast<int>(topic.partitions.size());
      if (have != spec.partitions) return PartitionsFixed(spec.name, have, spec.partitions);
      topic.retention = spec.retention;
    }
    return absl::OkStatus();
  }

  absl::StatusOr<int> Partitions(absl::string_view topic) override {
    base::MutexLock lock(mutex_);
    const auto it = topics_.find(topic);
    if (it == topics_.end()) return UnknownTopic(topic);
    return static_cast<int>(it->second.partitions.size());
  }

  absl::StatusOr<std::vector<Position>> Append(absl::string_view topic, absl::Span<const NewRecord> records) override {
    const absl::Time now = clock_.Now();
    base::MutexLock lock(mutex_);
    const auto it = topics_.find(topic);
    if (it == topics_.end()) return UnknownTopic(topic);
    std::vector<PartitionLog>& partitions = it->second.partitions;
    std::vector<Position> positions;
    for (const NewRecord& record : records) {
      const int partition = base::PartitionOf(record.key, static_cast<int>(partitions.size()));
      PartitionLog& log = partitions[static_cast<size_t>(partition)];
      positions.push_back({std::string(topic), partition, log.end()});
      log.records.push_back(
          {log.end(), record.received_at == absl::InfinitePast() ? now : record.received_at, record.bytes});
    }
    appended_.NotifyAll();
    return positions;
  }

  absl::StatusOr<std::vector<LogRecord>> Read(absl::string_view topic, int partition, int64_t from_offset,
                                              const ReadLimits& limits) override {
    base::MutexLock lock(mutex_);
    ASSIGN_OR_RETURN(PartitionLog * log, Find(topic, partition));
    RETURN_IF_ERROR(CheckReadOffset(topic, partition, from_offset, log->begin, log->end()));
    std::vector<LogRecord> records;
    int64_t bytes = 0;
    for (auto at = static_cast<size_t>(from_offset - log->begin); at < log->records.size(); ++at) {
      if (static_cast<int>(records.size()) >= limits.max_records || bytes >= limits.max_bytes) break;
      records.push_back(log->records[at]);
      bytes += static_cast<int64_t>(records.back().bytes.size());
    }
    return records;
  }

  absl::StatusOr<int64_t> Begin(absl::string_view topic, int partition) override {
    base::MutexLock lock(mutex_);
    ASSIGN_OR_RETURN(const PartitionLog* log, Find(topic, partition));
    return log->begin;
  }

  absl::StatusOr<int64_t> End(absl::string_view topic, int partition) override {
    base::MutexLock lock(mutex_);
    ASSIGN_OR_RETURN(const PartitionLog* log, Find(topic, partition));
    return log->end();
  }

  absl::StatusOr<std::vector<size_t>> WaitForRecords(absl::Span<const Position> next, absl::Duration timeout) override {
    const auto deadline = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(timeout);
    base::MutexLock lock(mutex_);
    while (true) {
      std::vector<size_t> ready;
      for (size_t i = 0; i < next.size(); ++i) {
        ASSIGN_OR_RETURN(const PartitionLog* log, Find(next[i].topic, next[i].partition));
        if (log->end() > next[i].offset) ready.push_back(i);
      }
      const auto left = deadline - std::chrono::steady_clock::now();
      if (!ready.empty() || left <= std::chrono::nanoseconds(0)) return ready;
      appended_.WaitFor(mutex_, absl::FromChrono(left));
    }
  }

  absl::Status Trim(absl::string_view topic, int partition, int64_t before_offset) override {
    base::MutexLock lock(mutex_);
    ASSIGN_OR_RETURN(PartitionLog * log, Find(topic, partition));
    for (; log->begin < before_offset && !log->records.empty(); ++log->begin) log->records.pop_front();
    return absl::OkStatus();
  }

  absl::Status ApplyRetention(absl::Time now) override {
    base::MutexLock lock(mutex_);
    for (auto& [name, topic] : topics_) {
      for (PartitionLog& log : topic.partitions) {
        for (; !log.records.empty() && log.records.front().received_at < now - topic.retention; ++log.begin) {
          log.records.pop_front();
        }
      }
    }
    return absl::OkStatus();
  }

 private:
  absl::StatusOr<PartitionLog*> Find(absl::string_view topic, int partition) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const auto it = topics_.find(topic);
    if (it == topics_.end() || partition < 0 || partition >= static_cast<int>(it->second.partitions.size())) {
      return UnknownTopic(topic);
    }
    return &it->second.partitions[static_cast<size_t>(partition)];
  }

  const base::Clock& clock_;
  base::Mutex mutex_;
  base::CondVar appended_;
  std::map<std::string, Topic, std::less<>> topics_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<EventLog> MakeMemoryEventLog(const base::Clock& clock) {
  return std::make_unique<MemoryEventLog>(clock);
}

}  // namespace kontor::log
