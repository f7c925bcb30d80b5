#include "libs/platform/log/consumer.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "libs/base/random.h"
#include "libs/base/status.h"
#include "libs/platform/log/batch_runner.h"
#include "libs/platform/log/consumer_migrations.h"
#include "libs/platform/log/effects_store.h"
#include "libs/platform/log/lease_store.h"
#include "libs/platform/log/partition_table.h"
#include "libs/platform/log/progress_migrations.h"
#include "libs/platform/postgres/migrate.h"

namespace kontor::log {
namespace {

constexpr absl::Duration kIdleWait = absl::Milliseconds(100);   // a worker looks up at least so often
constexpr absl::Duration kRemoteLook = absl::Milliseconds(10);  // at a partition that another process holds
constexpr absl::Duration kDeadLetterRetention = absl::Hours(24 * 90);
constexpr int kReplayRecords = 1000;

std::string MakeOwner() {
  char host[256] = {};
  if (gethostname(host, sizeof(host) - 1) != 0) host[0] = '\0';
  std::random_device device;
  const uint64_t random = static_cast<uint64_t>(device()) << 32 | device();
  return absl::StrCat(host, ".", getpid(), ".", absl::Hex(random, absl::kZeroPad16));
}

absl::Status CheckOptions(const ConsumerOptions& options) {
  const auto wrong = [](absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat("consumer: ", what));
  };
  if (!IsTopicName(options.group)) return wrong("group must be of a-z, 0-9, '.', '-' and '_'");
  if (options.topics.empty()) return wrong("no topics");
  if (!postgres::IsIdentifier(options.schema)) return wrong("schema is not an identifier");
  if (!postgres::IsIdentifier(options.durable_schema)) return wrong("durable_schema is not an identifier");
  if (options.workers < 1) return wrong("workers must be at least 1");
  if (options.lease < absl::Milliseconds(30)) return wrong("lease must be at least 30 ms");
  return absl::OkStatus();
}

ConsumerOptions WithOwner(ConsumerOptions options) {
  if (options.owner.empty()) options.owner = MakeOwner();
  return options;
}

}  // namespace

absl::Status MigrateConsumerSchema(postgres::Pool& pool, const std::string& schema, const std::string& durable_schema) {
  RETURN_IF_ERROR(postgres::Migrate(pool, schema, ConsumerMigrations(), "consumer"));
  return postgres::Migrate(pool, durable_schema, ProgressMigrations(), "progress");
}

class Consumer::Impl {
 public:
  Impl(EventLog& log, postgres::Pool& pool, BatchHandler& handler, ConsumerOptions options)
      : log_(log),
        pool_(pool),
        handler_(handler),
        options_(WithOwner(std::move(options))),
        leases_(pool, options_.schema, options_.group, options_.owner, options_.lease),
        effects_(pool, options_.schema, options_.durable_schema, options_.group),
        table_(std::max(1, options_.workers)),
        store_(pool, leases_, effects_),
        runner_(
            store_, handler, [this](const std::function<void(ConsumerStats&)>& change) { table_.Count(change); },
            stopping_) {}

  absl::Status Start();
  void Stop();
  absl::StatusOr<std::vector<PartitionProgress>> Progress();
  absl::StatusOr<absl::Time> Watermark(absl::Time now);
  absl::Status WaitUntilApplied(const Position& position, absl::Duration timeout);
  const PartitionTable& table() const { return table_; }

 private:
  absl::Status Prepare();
  void LeaseLoop();
  absl::Status Tick();
  void GiveBackLeaving();

  void WorkLoop(int worker);
  void WorkOnce(int worker);
  void Work(const PartitionTable::Handle& entry);
  RunOutcome WorkOn(PartitionTable::Entry& entry, const PartitionTable::Handle& handle, bool& replayed);
  RunOutcome ReplayParked(PartitionTable::Entry& entry);
  void Pause(PartitionTable::Entry& entry, const absl::Status& status);
  void StopPartition(const PartitionTable::Handle& entry, const absl::Status& status);
  absl::StatusOr<int64_t> NextOffsetOf(const Position& position);
  void NoteError(const absl::Status& status);

  EventLog& log_;
  postgres::Pool& pool_;
  BatchHandler& handler_;
  const ConsumerOptions options_;
  LeaseStore leases_;
  EffectsStore effects_;
  PartitionTable table_;
  std::atomic<bool> stopping_ = false;
  PostgresBatchStore store_;
  BatchRunner runner_;
  std::vector<std::thread> workers_;
  std::thread leaser_;
};

absl::Status Consumer::Impl::Start() {
  RETURN_IF_ERROR(CheckOptions(options_));
  RETURN_IF_ERROR(Prepare());
  RETURN_IF_ERROR(Tick());
  leaser_ = std::thread([this] { LeaseLoop(); });
  for (int worker = 0; worker < options_.workers; ++worker) {
    workers_.emplace_back([this, worker] { WorkLoop(worker); });
  }
  return absl::OkStatus();
}

absl::Status Consumer::Impl::Prepare() {
  RETURN_IF_ERROR(MigrateConsumerSchema(pool_, options_.schema, options_.durable_schema));
  std::vector<Position> begins;
  int partitions_max = 1;
  for (const std::string& topic : options_.topics) {
    ASSIGN_OR_RETURN(const int partitions, log_.Partitions(topic));
    partitions_max = std::max(partitions_max, partitions);
    for (int partition = 0; partition < partitions; ++partition) {
      ASSIGN_OR_RETURN(const int64_t begin, log_.Begin(topic, partition));
      begins.push_back({topic, partition, begin});
    }
  }
  const std::string dead_letters = DeadLetterTopic(options_.group);
  const absl::StatusOr<int> exists = log_.Partitions(dead_letters);
  if (absl::IsNotFound(exists.status())) {
    RETURN_IF_ERROR(log_.CreateTopics({{dead_letters, partitions_max, kDeadLetterRetention}}));
  } else {
    RETURN_IF_ERROR(exists.status());
  }
  return leases_.AddPartitions(begins);
}

void Consumer::Impl::Stop() {
  stopping_ = true;
  table_.Wake();
  for (std::thread& worker : workers_) worker.join();
  workers_.clear();
  if (!leaser_.joinable()) return;
  leaser_.join();
  for (const PartitionLease& lease : table_.TakeAll()) NoteError(leases_.Release(lease));
  NoteError(leases_.Leave());
}

void Consumer::Impl::LeaseLoop() {
  const int64_t period_ns = absl::ToInt64Nanoseconds(options_.lease / 3);
  int64_t next_ns = MonotonicNs() + period_ns;
  while (!stopping_) {
    GiveBackLeaving();
    const int64_t now_ns = MonotonicNs();
    if (now_ns < next_ns) {
      table_.Sleep(absl::Nanoseconds(std::min(next_ns - now_ns, absl::ToInt64Nanoseconds(kIdleWait))));
      continue;
    }
    const absl::Status status = Tick();
    NoteError(status);
    next_ns = MonotonicNs() + (status.ok() ? period_ns : period_ns / 4);
  }
}

// A heartbeat, and the consequences: forget what is lost, start what is new, shed what is too much.
absl::Status Consumer::Impl::Tick() {
  ASSIGN_OR_RETURN(const LeaseStore::Share share, leases_.Tick());
  table_.Keep(share.held);
  for (const PartitionLease& lease : share.held) {
    if (table_.Holds(lease)) continue;
    ASSIGN_OR_RETURN(const int64_t published, effects_.PublishedThrough(lease.topic, lease.partition));
    table_.Add(lease, published);
  }
  table_.ShedTo(share.fair);
  return absl::OkStatus();
}

void Consumer::Impl::GiveBackLeaving() {
  for (const PartitionLease& lease : table_.TakeLeaving()) NoteError(leases_.Release(lease));
}

void Consumer::Impl::WorkLoop(int worker) {
  while (!stopping_) WorkOnce(worker);
}

void Consumer::Impl::WorkOnce(int worker) {
  const std::vector<PartitionTable::Handle> mine = table_.Runnable(worker);
  std::vector<PartitionTable::Handle> waiting;
  std::vector<Position> next;
  for (const PartitionTable::Handle& entry : mine) {
    if (entry->replay) {
      Work(entry);
    } else {
      waiting.push_back(entry);
      next.push_back({entry->lease.topic, entry->lease.partition, entry->lease.next_offset});
    }
  }
  if (waiting.empty()) return table_.Sleep(kIdleWait / 4);
  const absl::StatusOr<std::vector<size_t>> ready = log_.WaitForRecords(next, kIdleWait);
  if (!ready.ok()) {
    NoteError(ready.status());
    return table_.Sleep(kIdleWait);
  }
  for (size_t index : *ready) {
    if (stopping_) return;
    Work(waiting[index]);
  }
}

void Consumer::Impl::Work(const PartitionTable::Handle& entry) {
  if (!table_.Begin(entry)) return;
  bool replayed = false;
  const RunOutcome outcome = WorkOn(*entry, entry, replayed);
  if (outcome.kind == RunOutcome::Kind::kLost) return table_.Remove(entry);
  if (absl::IsOutOfRange(outcome.status)) return StopPartition(entry, outcome.status);
  table_.End(entry, [&](PartitionTable::Entry& e) {
    if (replayed) e.replay = false;
    if (outcome.kind == RunOutcome::Kind::kPaused) {
      Pause(e, outcome.status);
    } else {
      e.failures = 0;
      e.max_records = std::min(options_.batch.max_records, e.max_records * 2);
    }
  });
  if (outcome.kind == RunOutcome::Kind::kPaused) {
    NoteError(outcome.status);
    table_.Count([](ConsumerStats& stats) { ++stats.retries; });
  }
}

// One batch. The lease is worked on as a copy: the table's is read by others.
RunOutcome Consumer::Impl::WorkOn(PartitionTable::Entry& entry, const PartitionTable::Handle& handle, bool& replayed) {
  if (entry.replay) {
    const RunOutcome outcome = ReplayParked(entry);
    replayed = outcome.kind == RunOutcome::Kind::kDone;
    return outcome;
  }
  PartitionLease lease = entry.lease;
  ReadLimits limits = options_.batch;
  if (entry.max_records > 0) limits.max_records = std::min(limits.max_records, entry.max_records);
  const absl::StatusOr<std::vector<LogRecord>> records =
      log_.Read(lease.topic, lease.partition, lease.next_offset, limits);
  if (!records.ok()) return {RunOutcome::Kind::kPaused, records.status()};
  if (records->empty()) return {};
  return runner_.Apply(lease, *records, entry.published_through, [&] { table_.Moved(handle, lease.next_offset); });
}

RunOutcome Consumer::Impl::ReplayParked(PartitionTable::Entry& entry) {
  PartitionLease lease = entry.lease;
  const absl::StatusOr<std::vector<std::string>> types = effects_.ParkedTypes(lease.topic, lease.partition);
  if (!types.ok()) return {RunOutcome::Kind::kPaused, types.status()};
  std::vector<std::string> known;
  for (const std::string& type : *types) {
    if (handler_.Knows(type)) known.push_back(type);
  }
  for (int64_t from = 0; !known.empty() && !stopping_;) {
    const absl::StatusOr<std::vector<LogRecord>> records =
        effects_.ReadParked(lease.topic, lease.partition, from, known, kReplayRecords);
    if (!records.ok()) return {RunOutcome::Kind::kPaused, records.status()};
    if (records->empty()) break;
    const RunOutcome outcome = runner_.Replay(lease, *records, entry.published_through);
    if (outcome.kind != RunOutcome::Kind::kDone) return outcome;
    from = records->back().offset + 1;
  }
  return {};
}

// Exponential backoff with jitter; a batch that took too long is made smaller.
void Consumer::Impl::Pause(PartitionTable::Entry& entry, const absl::Status& status) {
  thread_local base::Random random(std::random_device{}());
  const int doublings = std::min(entry.failures++, 20);
  const absl::Duration pause = std::min(options_.backoff_max, options_.backoff_min * (int64_t{1} << doublings));
  entry.paused_until_ns = MonotonicNs() + absl::ToInt64Nanoseconds(pause * (0.5 + random.Uniform() / 2));
  if (absl::IsDeadlineExceeded(status)) {
    const int now = entry.max_records > 0 ? entry.max_records : options_.batch.max_records;
    entry.max_records = std::max(1, now / 2);
  }
}

void Consumer::Impl::StopPartition(const PartitionTable::Handle& entry, const absl::Status& status) {
  Position position;
  table_.End(entry, [&](PartitionTable::Entry& e) {
    e.stopped = true;
    position = {e.lease.topic, e.lease.partition, e.lease.next_offset};
  });
  NoteError(status);
  if (options_.on_stopped) options_.on_stopped(position, status);
}

void Consumer::Impl::NoteError(const absl::Status& status) {
  if (status.ok()) return;
  table_.Count([&](ConsumerStats& stats) { stats.last_error = std::string(status.message()); });
}

absl::StatusOr<std::vector<PartitionProgress>> Consumer::Impl::Progress() {
  ASSIGN_OR_RETURN(const std::vector<LeaseStore::Row> rows, leases_.ReadAll());
  std::vector<PartitionProgress> progress;
  for (const LeaseStore::Row& row : rows) {
    ASSIGN_OR_RETURN(const int64_t end, log_.End(row.next.topic, row.next.partition));
    progress.push_back({row.next, end, row.applied_received_at, row.owner, row.epoch});
  }
  return progress;
}

absl::StatusOr<absl::Time> Consumer::Impl::Watermark(absl::Time now) {
  ASSIGN_OR_RETURN(const std::vector<PartitionProgress> progress, Progress());
  absl::Time watermark = now;
  for (const PartitionProgress& partition : progress) {
    if (partition.lag() > 0) watermark = std::min(watermark, partition.applied_received_at);
  }
  return watermark;
}

// Of the partition of `position`, from our own table or else from the offset row.
absl::StatusOr<int64_t> Consumer::Impl::NextOffsetOf(const Position& position) {
  const int64_t held = table_.NextOffset(position.topic, position.partition);
  if (held >= 0) return held;
  ASSIGN_OR_RETURN(const std::vector<LeaseStore::Row> rows, leases_.ReadAll());
  for (const LeaseStore::Row& row : rows) {
    if (row.next.partition == position.partition && row.next.topic == position.topic) return row.next.offset;
  }
  return base::Error(absl::StatusCode::kNotFound, kReasonUnknownTopic,
                     absl::StrCat(options_.group, " does not read ", position.topic, "/", position.partition));
}

absl::Status Consumer::Impl::WaitUntilApplied(const Position& position, absl::Duration timeout) {
  const int64_t deadline_ns = MonotonicNs() + absl::ToInt64Nanoseconds(timeout);
  while (true) {
    ASSIGN_OR_RETURN(const int64_t next, NextOffsetOf(position));
    if (next > position.offset) return absl::OkStatus();
    const int64_t left_ns = deadline_ns - MonotonicNs();
    if (left_ns <= 0) {
      return base::Error(
          absl::StatusCode::kUnavailable, kReasonNotYetApplied,
          absl::StrCat(options_.group, " has not applied ", FormatPosition(position), " yet; ask again"));
    }
    table_.WaitMoved(std::min(absl::Nanoseconds(left_ns), kRemoteLook));
  }
}

Consumer::Consumer(EventLog& log, postgres::Pool& pool, BatchHandler& handler, ConsumerOptions options)
    : impl_(std::make_unique<Impl>(log, pool, handler, std::move(options))) {}
Consumer::~Consumer() { Stop(); }
absl::Status Consumer::Start() { return impl_->Start(); }
void Consumer::Stop() { impl_->Stop(); }
ConsumerStats Consumer::Stats() const { return impl_->table().Stats(); }
std::vector<Position> Consumer::Applied() const { return impl_->table().Applied(); }
absl::StatusOr<std::vector<PartitionProgress>> Consumer::Progress() const { return impl_->Progress(); }
absl::StatusOr<absl::Time> Consumer::Watermark(absl::Time now) const { return impl_->Watermark(now); }
absl::Status Consumer::WaitUntilApplied(const Position& position, absl::Duration timeout) const {
  return impl_->WaitUntilApplied(position, timeout);
}

}  // namespace kontor::log
