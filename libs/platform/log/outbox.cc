#include "libs/platform/log/outbox.h"

#include <algorithm>
#include <map>
#include <thread>

#include "absl/strings/str_cat.h"
#include "libs/base/mutex.h"
#include "libs/base/status.h"

namespace kontor::log {

using postgres::Params;
using postgres::Result;
using postgres::Transaction;

absl::Status InsertOutbox(Transaction& transaction, const std::string& schema, absl::Span<const OutboxRow> rows) {
  std::vector<std::string> ids, topics;
  std::vector<absl::string_view> keys, bytes;
  for (const OutboxRow& row : rows) {
    ids.push_back(row.event_id);
    topics.push_back(row.topic);
    keys.push_back(row.key);
    bytes.push_back(row.bytes);
  }
  return transaction
      .Exec(absl::StrCat("INSERT INTO ", schema,
                         ".outbox (event_id, topic, key, bytes) SELECT i, t, k, b FROM"
                         " unnest($1::text[], $2::text[], $3::bytea[], $4::bytea[])"
                         " WITH ORDINALITY AS u (i, t, k, b, n) ORDER BY n ON CONFLICT (event_id) DO NOTHING"),
            Params().TextArray(ids).TextArray(topics).BytesArray(keys).BytesArray(bytes))
      .status();
}

class OutboxRelay::Impl {
 public:
  Impl(EventLog& log, postgres::Pool& pool, OutboxRelayOptions options)
      : log_(log), pool_(pool), options_(std::move(options)) {}

  absl::Status Start() {
    if (!postgres::IsIdentifier(options_.schema) || !postgres::IsIdentifier(options_.durable_schema)) {
      return absl::InvalidArgumentError("outbox relay: the schemas are not identifiers");
    }
    thread_ = std::thread([this] { Loop(); });
    return absl::OkStatus();
  }

  void Stop() {
    {
      base::MutexLock lock(mutex_);
      stop_ = true;
    }
    wake_.NotifyAll();
    if (thread_.joinable()) thread_.join();
  }

  absl::StatusOr<int64_t> RunOnce();

  OutboxRelayStats Stats() const {
    base::MutexLock lock(mutex_);
    return stats_;
  }

 private:
  using Records = std::map<std::string, std::vector<NewRecord>>;  // by topic

  void Loop();
  absl::Status Send(const Result& rows);
  absl::Status Forget(Transaction& transaction, const Result& rows);
  absl::Status MovePublishedThrough(Transaction& transaction);

  EventLog& log_;
  postgres::Pool& pool_;
  const OutboxRelayOptions options_;
  mutable base::Mutex mutex_;
  base::CondVar wake_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  OutboxRelayStats stats_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

// The lock is the transaction's: it ends with the relay, however that ends.
absl::StatusOr<int64_t> OutboxRelay::Impl::RunOnce() {
  int64_t sent = 0;
  const absl::Status status = pool_.Run([&](Transaction& transaction) -> absl::Status {
    sent = 0;
    ASSIGN_OR_RETURN(const Result locked,
                     transaction.Exec("SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))",
                                      Params().Text(absl::StrCat("kontor.outbox.", options_.schema))));
    if (!locked.Bool(0, 0)) return absl::OkStatus();
    ASSIGN_OR_RETURN(const Result rows,
                     transaction.Exec(absl::StrCat("SELECT sequence, topic, key, bytes FROM ", options_.schema,
                                                   ".outbox ORDER BY sequence LIMIT $1"),
                                      Params().Int64(options_.batch_rows)));
    if (!rows.empty()) {
      RETURN_IF_ERROR(Send(rows));
      RETURN_IF_ERROR(Forget(transaction, rows));
      sent = rows.rows();
    }
    return MovePublishedThrough(transaction);
  });
  base::MutexLock lock(mutex_);
  if (!status.ok()) {
    ++stats_.errors;
    stats_.last_error = std::string(status.message());
    return status;
  }
  stats_.sent += sent;
  return sent;
}

absl::Status OutboxRelay::Impl::Send(const Result& rows) {
  Records records;
  for (int row = 0; row < rows.rows(); ++row) {
    records[std::string(rows.Text(row, 1))].push_back({rows.Bytes(row, 2), rows.Bytes(row, 3)});
  }
  for (const auto& [topic, list] : records) RETURN_IF_ERROR(log_.Append(topic, list).status());
  return absl::OkStatus();
}

absl::Status OutboxRelay::Impl::Forget(Transaction& transaction, const Result& rows) {
  std::vector<int64_t> sequences;
  for (int row = 0; row < rows.rows(); ++row) sequences.push_back(rows.Int64(row, 0));
  return transaction
      .Exec(absl::StrCat("DELETE FROM ", options_.schema, ".outbox WHERE sequence = ANY ($1::int8[])"),
            Params().Int64Array(sequences))
      .status();
}

// One statement sees the offsets and the rows that were committed with them: what is below the first unsent cause, or
// below the offset where nothing is unsent, has been published.
absl::Status OutboxRelay::Impl::MovePublishedThrough(Transaction& transaction) {
  return transaction
      .Exec(absl::StrCat(
          "INSERT INTO ", options_.durable_schema,
          ".published_through AS p (consumer_group, topic, partition, next_offset)"
          " SELECT o.consumer_group, o.topic, o.partition, coalesce(min(b.cause_offset), o.next_offset) FROM ",
          options_.schema, ".consumer_offsets o LEFT JOIN ", options_.schema,
          ".outbox b ON b.consumer_group = o.consumer_group AND b.cause_topic = o.topic AND"
          " b.cause_partition = o.partition GROUP BY o.consumer_group, o.topic, o.partition"
          " ORDER BY 1, 2, 3 ON CONFLICT (consumer_group, topic, partition) DO UPDATE"
          " SET next_offset = excluded.next_offset WHERE p.next_offset < excluded.next_offset"))
      .status();
}

void OutboxRelay::Impl::Loop() {
  absl::Duration pause = options_.poll_interval;
  base::MutexLock lock(mutex_);
  while (!stop_) {
    mutex_.Unlock();
    const absl::StatusOr<int64_t> sent = RunOnce();
    mutex_.Lock();
    if (!sent.ok()) {
      pause = std::min(options_.backoff_max, pause * 2);
    } else {
      pause = options_.poll_interval;
      if (*sent == options_.batch_rows) continue;
    }
    if (!stop_) wake_.WaitFor(mutex_, pause);
  }
}

OutboxRelay::OutboxRelay(EventLog& log, postgres::Pool& pool, OutboxRelayOptions options)
    : impl_(std::make_unique<Impl>(log, pool, std::move(options))) {}
OutboxRelay::~OutboxRelay() { Stop(); }
absl::Status OutboxRelay::Start() { return impl_->Start(); }
void OutboxRelay::Stop() { impl_->Stop(); }
absl::StatusOr<int64_t> OutboxRelay::RunOnce() { return impl_->RunOnce(); }
OutboxRelayStats OutboxRelay::Stats() const { return impl_->Stats(); }

}  // namespace kontor::log
