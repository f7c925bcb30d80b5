#include "libs/platform/log/postgres_event_log.h"

#include "absl/strings/str_cat.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"
#include "libs/platform/log/append_queue.h"
#include "libs/platform/log/head_watch.h"
#include "libs/platform/log/log_migrations.h"
#include "libs/platform/log/topic_catalog.h"
#include "libs/platform/postgres/migrate.h"

namespace kontor::log {
namespace {

using postgres::Params;
using postgres::Result;

constexpr int kTrimRecords = 5000;  // deleted per transaction

AppendQueue::Limits QueueLimits(const PostgresEventLogOptions& options) {
  return {options.group_records, options.statement_records, options.statement_bytes, options.bytes_in_flight_max};
}

class PostgresEventLog : public EventLog {
 public:
  PostgresEventLog(postgres::Pool& pool, const base::Clock& clock, const PostgresEventLogOptions& options)
      : pool_(pool),
        clock_(clock),
        schema_(options.schema),
        catalog_(pool, options.schema),
        heads_(options.poll_interval, [this] { return ReadHeads(); }),
        queue_(QueueLimits(options), [this](int64_t partition_id, absl::Span<const NewRecord* const> records) {
          return Write(partition_id, records);
        }) {}

  absl::Status CreateTopics(absl::Span<const TopicSpec> topics) override { return catalog_.Create(topics); }

  absl::StatusOr<int> Partitions(absl::string_view topic) override {
    ASSIGN_OR_RETURN(const std::vector<int64_t> ids, catalog_.PartitionIds(topic));
    return static_cast<int>(ids.size());
  }

  absl::StatusOr<std::vector<Position>> Append(absl::string_view topic, absl::Span<const NewRecord> records) override;
  absl::StatusOr<std::vector<LogRecord>> Read(absl::string_view topic, int partition, int64_t from_offset,
                                              const ReadLimits& limits) override;
  absl::StatusOr<std::vector<size_t>> WaitForRecords(absl::Span<const Position> next, absl::Duration timeout) override;
  absl::Status Trim(absl::string_view topic, int partition, int64_t before_offset) override;
  absl::Status ApplyRetention(absl::Time now) override;

  absl::StatusOr<int64_t> Begin(absl::string_view topic, int partition) override {
    return ReadBound(topic, partition, "begin_offset");
  }
  absl::StatusOr<int64_t> End(absl::string_view topic, int partition) override {
    return ReadBound(topic, partition, "next_offset");
  }

 private:
  absl::StatusOr<int64_t> Write(int64_t partition_id, absl::Span<const NewRecord* const> records);
  absl::StatusOr<HeadWatch::Heads> ReadHeads();
  absl::StatusOr<int64_t> ReadBound(absl::string_view topic, int partition, absl::string_view column);
  absl::StatusOr<bool> TrimSome(int64_t partition_id, int64_t before_offset, absl::Time before);
  absl::Status TrimAll(int64_t partition_id, int64_t before_offset, absl::Time before);

  postgres::Pool& pool_;
  const base::Clock& clock_;
  const std::string schema_;
  TopicCatalog catalog_;
  HeadWatch heads_;
  AppendQueue queue_;
};

absl::StatusOr<std::vector<Position>> PostgresEventLog::Append(absl::string_view topic,
                                                               absl::Span<const NewRecord> records) {
  ASSIGN_OR_RETURN(const std::vector<int64_t> ids, catalog_.PartitionIds(topic));
  std::vector<int64_t> partition_ids(records.size());
  std::vector<Position> positions(records.size());
  for (size_t i = 0; i < records.size(); ++i) {
    const int partition = base::PartitionOf(records[i].key, static_cast<int>(ids.size()));
    partition_ids[i] = ids[static_cast<size_t>(partition)];
    positions[i] = {std::string(topic), partition, 0};
  }
  ASSIGN_OR_RETURN(const std::vector<int64_t> offsets, queue_.Append(records, partition_ids));
  for (size_t i = 0; i < records.size(); ++i) positions[i].offset = offsets[i];
  return positions;
}

// One statement: the partition's row stays locked until the records are visible, so nobody can take later offsets
// that become visible earlier.
absl::StatusOr<int64_t> PostgresEventLog::Write(int64_t partition_id, absl::Span<const NewRecord* const> records) {
  const absl::Time now = clock_.Now();
  std::vector<absl::Time> times;
  std::vector<absl::string_view> bytes;
  times.reserve(records.size());
  bytes.reserve(records.size());
  for (const NewRecord* record : records) {
    times.push_back(record->received_at == absl::InfinitePast() ? now : record->received_at);
    bytes.push_back(record->bytes);
  }
  const int64_t count = static_cast<int64_t>(records.size());
  ASSIGN_OR_RETURN(
      const Result result,
      pool_.Exec(absl::StrCat("WITH head AS (UPDATE ", schema_,
                              ".partitions SET next_offset = next_offset + $2 WHERE id = $1"
                              " RETURNING next_offset - $2 AS first),"
                              " appended AS (INSERT INTO ",
                              schema_,
                              ".records (partition_id, log_offset, received_at, bytes)"
                              " SELECT $1, head.first + row.n - 1, row.received_at, row.bytes FROM head,"
                              " unnest($3::timestamptz[], $4::bytea[]) WITH ORDINALITY AS row (received_at, bytes, n))"
                              " SELECT first FROM head"),
                 Params().Int64(partition_id).Int64(count).TimeArray(times).BytesArray(bytes)));
  if (result.empty()) return UnknownTopic(absl::StrCat("#", partition_id));
  const int64_t first = result.Int64(0, 0);
  heads_.Appended(partition_id, first + count);
  return first;
}

absl::StatusOr<std::vector<LogRecord>> PostgresEventLog::Read(absl::string_view topic, int partition,
                                                              int64_t from_offset, const ReadLimits& limits) {
  ASSIGN_OR_RETURN(const int64_t id, catalog_.PartitionId(topic, partition));
  // Always at least one row, with the bounds of the same snapshot as the records.
  ASSIGN_OR_RETURN(
      const Result result,
      pool_.Exec(
          absl::StrCat("SELECT p.begin_offset, p.next_offset, r.log_offset, r.received_at, r.bytes FROM ", schema_,
                       ".partitions p LEFT JOIN LATERAL (SELECT * FROM (SELECT *,"
                       " sum(octet_length(bytes)) OVER (ORDER BY log_offset) - octet_length(bytes) AS before"
                       " FROM (SELECT log_offset, received_at, bytes FROM ",
                       schema_,
                       ".records WHERE partition_id = $1 AND log_offset >= $2 ORDER BY log_offset LIMIT $3)"
                       " AS first) AS summed WHERE before < $4) AS r ON true WHERE p.id = $1"
                       " ORDER BY r.log_offset"),
          Params().Int64(id).Int64(from_offset).Int64(limits.max_records).Int64(limits.max_bytes)));
  if (result.empty()) return UnknownTopic(topic);
  RETURN_IF_ERROR(CheckReadOffset(topic, partition, from_offset, result.Int64(0, 0), result.Int64(0, 1)));
  std::vector<LogRecord> records;
  if (result.IsNull(0, 2)) return records;
  records.reserve(static_cast<size_t>(result.rows()));
  for (int row = 0; row < result.rows(); ++row) {
    records.push_back({result.Int64(row, 2), result.Time(row, 3), result.Bytes(row, 4)});
  }
  return records;
}

absl::StatusOr<int64_t> PostgresEventLog::ReadBound(absl::string_view topic, int partition, absl::string_view column) {
  ASSIGN_OR_RETURN(const int64_t id, catalog_.PartitionId(topic, partition));
  ASSIGN_OR_RETURN(
      const Result result,
      pool_.Exec(absl::StrCat("SELECT ", column, " FROM ", schema_, ".partitions WHERE id = $1"), Params().Int64(id)));
  if (result.empty()) return UnknownTopic(topic);
  return result.Int64(0, 0);
}

absl::StatusOr<HeadWatch::Heads> PostgresEventLog::ReadHeads() {
  ASSIGN_OR_RETURN(const Result result,
                   pool_.Exec(absl::StrCat("SELECT id, next_offset FROM ", schema_, ".partitions")));
  HeadWatch::Heads heads;
  for (int row = 0; row < result.rows(); ++row) heads[result.Int64(row, 0)] = result.Int64(row, 1);
  return heads;
}

absl::StatusOr<std::vector<size_t>> PostgresEventLog::WaitForRecords(absl::Span<const Position> next,
                                                                     absl::Duration timeout) {
  std::vector<HeadWatch::Wanted> wanted;
  wanted.reserve(next.size());
  for (const Position& position : next) {
    ASSIGN_OR_RETURN(const int64_t id, catalog_.PartitionId(position.topic, position.partition));
    wanted.push_back({id, position.offset});
  }
  return heads_.Wait(wanted, timeout);
}

// Deletes the next records from the start that are below the offset and older than `before`; true when there may be
// more. The partition's row is locked last and only for the commit.
absl::StatusOr<bool> PostgresEventLog::TrimSome(int64_t partition_id, int64_t before_offset, absl::Time before) {
  bool more = false;
  const absl::Status status = pool_.RunRetrying([&](postgres::Transaction& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(
        const Result deleted,
        transaction.Exec(
            absl::StrCat("WITH first AS (SELECT log_offset, received_at FROM ", schema_,
                         ".records WHERE partition_id = $1 AND log_offset < $2 ORDER BY log_offset LIMIT ",
                         kTrimRecords,
                         "), bound AS (SELECT coalesce(min(log_offset) FILTER (WHERE received_at >= $3),"
                         " max(log_offset) + 1) AS offset_ FROM first), gone AS (DELETE FROM ",
                         schema_,
                         ".records USING bound WHERE partition_id = $1 AND log_offset < bound.offset_"
                         " RETURNING log_offset) SELECT count(*), coalesce(max(log_offset), -1) + 1 FROM gone"),
            Params().Int64(partition_id).Int64(before_offset).Time(before)));
    more = deleted.Int64(0, 0) == kTrimRecords;
    if (deleted.Int64(0, 0) == 0) return absl::OkStatus();
    return transaction
        .Exec(
            absl::StrCat("UPDATE ", schema_, ".partitions SET begin_offset = greatest(begin_offset, $2) WHERE id = $1"),
            Params().Int64(partition_id).Int64(deleted.Int64(0, 1)))
        .status();
  });
  RETURN_IF_ERROR(status);
  return more;
}

absl::Status PostgresEventLog::TrimAll(int64_t partition_id, int64_t before_offset, absl::Time before) {
  for (bool more = true; more;) {
    ASSIGN_OR_RETURN(more, TrimSome(partition_id, before_offset, before));
  }
  return absl::OkStatus();
}

absl::Status PostgresEventLog::Trim(absl::string_view topic, int partition, int64_t before_offset) {
  ASSIGN_OR_RETURN(const int64_t id, catalog_.PartitionId(topic, partition));
  return TrimAll(id, before_offset, absl::InfiniteFuture());
}

absl::Status PostgresEventLog::ApplyRetention(absl::Time now) {
  ASSIGN_OR_RETURN(
      const Result limited,
      pool_.Exec(absl::StrCat("SELECT p.id, t.retention_us, p.next_offset FROM ", schema_, ".topics t JOIN ", schema_,
                              ".partitions p USING (topic) WHERE t.retention_us IS NOT NULL")));
  for (int row = 0; row < limited.rows(); ++row) {
    const absl::Time before = now - absl::Microseconds(limited.Int64(row, 1));
    RETURN_IF_ERROR(TrimAll(limited.Int64(row, 0), limited.Int64(row, 2), before));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<EventLog>> OpenPostgresEventLog(postgres::Pool& pool, const base::Clock& clock,
                                                               PostgresEventLogOptions options) {
  RETURN_IF_ERROR(postgres::Migrate(pool, options.schema, LogMigrations(), "event_log"));
  return std::unique_ptr<EventLog>(std::make_unique<PostgresEventLog>(pool, clock, options));
}

}  // namespace kontor::log
