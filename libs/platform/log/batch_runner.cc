#include "libs/platform/log/batch_runner.h"

#include <chrono>
#include <thread>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace kontor::log {
namespace {

constexpr absl::Duration kResolvePause = absl::Milliseconds(100);

}  // namespace

BatchRunner::BatchRunner(BatchStore& store, BatchHandler& handler,
                         std::function<void(const std::function<void(ConsumerStats&)>&)> count,
                         const std::atomic<bool>& stopping)
    : store_(store), handler_(handler), count_(std::move(count)), stopping_(stopping) {}

RunOutcome BatchRunner::Apply(PartitionLease& lease, absl::Span<const LogRecord> records, int64_t published_through,
                              const std::function<void()>& moved) {
  return Run({lease, false, published_through}, records, moved);
}

RunOutcome BatchRunner::Replay(PartitionLease& lease, absl::Span<const LogRecord> records, int64_t published_through) {
  return Run({lease, true, published_through}, records, [] {});
}

RunOutcome BatchRunner::Run(Job job, absl::Span<const LogRecord> records, const std::function<void()>& moved) {
  const Work apply = [this](postgres::Transaction& transaction, const Batch& batch, Effects& effects) {
    return CallHandler(transaction, batch, effects);
  };
  std::vector<Part> parts = {{records, 1}};
  while (!parts.empty()) {
    const Part part = parts.back();
    parts.pop_back();
    Attempt attempt = TryPart(job, part, apply);
    const bool poison = attempt.verdict == Verdict::kFailed && !postgres::IsTransient(attempt.status);
    if (poison && part.records.size() > 1) {
      const size_t half = part.records.size() / 2;
      parts.push_back({part.records.subspan(half), part.attempt + 1});
      parts.push_back({part.records.subspan(0, half), part.attempt + 1});
      count_([](ConsumerStats& stats) { ++stats.halvings; });
      continue;
    }
    if (poison) attempt = TryPart(job, part, Bury(attempt.status));
    if (attempt.verdict == Verdict::kLost) {
      count_([](ConsumerStats& stats) { ++stats.fenced; });
      return {RunOutcome::Kind::kLost, attempt.status};
    }
    if (attempt.verdict == Verdict::kFailed) return {RunOutcome::Kind::kPaused, attempt.status};
    moved();
    if (stopping_ && !parts.empty()) return {RunOutcome::Kind::kPaused, absl::CancelledError("stopping")};
  }
  return {};
}

BatchRunner::Attempt BatchRunner::TryPart(Job& job, const Part& part, const Work& work) {
  const Batch batch = {job.lease.topic, job.lease.partition, part.records, job.replay};
  const int64_t new_next_offset = job.replay ? job.lease.next_offset : part.records.back().offset + 1;
  Effects effects;
  bool fenced = false;
  const absl::Status status =
      store_.Commit({job.lease, batch, new_next_offset, {part.attempt, job.published_through}}, work, effects, fenced);
  if (fenced) return {Verdict::kLost, status};
  Attempt attempt = {status.ok() ? Verdict::kCommitted : Verdict::kFailed, status};
  if (postgres::IsCommitUnknown(status)) attempt = ResolveUnknownCommit(job, new_next_offset, status);
  if (attempt.verdict != Verdict::kCommitted) return attempt;
  job.lease.next_offset = new_next_offset;
  CountCommitted(job, part, effects);
  for (const auto& action : effects.after_commit) action();
  handler_.Committed(batch);
  return attempt;
}

// Reads the offset row until it says what happened. Replays leave the offset alone: they are tried again, and find
// their parked records gone if the commit took place.
BatchRunner::Attempt BatchRunner::ResolveUnknownCommit(const Job& job, int64_t new_next_offset,
                                                       const absl::Status& status) {
  count_([](ConsumerStats& stats) { ++stats.unknown_commits; });
  while (!stopping_) {
    const absl::StatusOr<std::optional<int64_t>> next = store_.ReadNextOffset(job.lease);
    if (!next.ok()) {
      std::this_thread::sleep_for(absl::ToChronoNanoseconds(kResolvePause));
      continue;
    }
    if (!next->has_value()) return {Verdict::kLost, status};
    if (job.replay || **next == job.lease.next_offset) return {Verdict::kFailed, status};
    return {**next == new_next_offset ? Verdict::kCommitted : Verdict::kLost, status};
  }
  return {Verdict::kLost, status};
}

// The work that puts a record into the dead letters instead of applying it.
BatchRunner::Work BatchRunner::Bury(const absl::Status& failure) const {
  return [failure](postgres::Transaction&, const Batch& batch, Effects& effects) {
    std::string reason = base::ErrorReason(failure);
    if (reason.empty()) reason = absl::StatusCodeToString(failure.code());
    effects.DeadLetter(batch.records.front().offset, reason, std::string(failure.message()));
    return absl::OkStatus();
  };
}

absl::Status BatchRunner::CallHandler(postgres::Transaction& transaction, const Batch& batch, Effects& effects) {
  try {
    return handler_.Apply(transaction, batch, effects);
  } catch (const std::exception& error) {
    return base::Error(absl::StatusCode::kInternal, "HANDLER_THREW", error.what());
  }
}

void BatchRunner::CountCommitted(const Job& job, const Part& part, const Effects& effects) {
  count_([&](ConsumerStats& stats) {
    ++stats.batches;
    const auto records = static_cast<int64_t>(part.records.size());
    const auto parked = static_cast<int64_t>(effects.parked.size());
    if (job.replay) {
      stats.replayed += records - parked;
    } else {
      stats.records += records;
      stats.parked += parked;
    }
    stats.dead_letters += static_cast<int64_t>(effects.dead_letters.size());
    stats.outbox_rows += static_cast<int64_t>(effects.outbox.size());
  });
}

}  // namespace kontor::log
