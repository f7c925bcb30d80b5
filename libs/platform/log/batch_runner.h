#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "libs/platform/log/batch_handler.h"
#include "libs/platform/log/batch_store.h"
#include "libs/platform/log/consumer.h"

namespace kontor::log {

// What became of a run of records.
struct RunOutcome {
  enum class Kind {
    kDone,    // all applied or in the dead letters
    kPaused,  // a transient error: the rest has to be tried again later
    kLost,    // the lease is not ours any more: forget the partition
  };
  Kind kind = Kind::kDone;
  absl::Status status;  // the error of kPaused
};

// Inside this library only: applies records of one leased partition, one fenced transaction per attempt, in halves
// down to the poison record when the handler fails for good. Thread-safe for different partitions.
class BatchRunner {
 public:
  // `count` changes the consumer's statistics under its lock; `stopping` ends waits.
  BatchRunner(BatchStore& store, BatchHandler& handler,
              std::function<void(const std::function<void(ConsumerStats&)>&)> count, const std::atomic<bool>& stopping);

  // lease.next_offset moves with every part that is committed; `moved` is called after each.
  RunOutcome Apply(PartitionLease& lease, absl::Span<const LogRecord> records, int64_t published_through,
                   const std::function<void()>& moved);
  // The same for parked records, which leave the offset where it is and the table of parked records when applied.
  RunOutcome Replay(PartitionLease& lease, absl::Span<const LogRecord> records, int64_t published_through);

 private:
  struct Part {
    absl::Span<const LogRecord> records;
    int attempt;
  };
  struct Job {
    PartitionLease& lease;
    bool replay;
    int64_t published_through;
  };
  enum class Verdict { kCommitted, kLost, kFailed };
  struct Attempt {
    Verdict verdict = Verdict::kFailed;
    absl::Status status;
  };
  using Work = BatchStore::Work;

  RunOutcome Run(Job job, absl::Span<const LogRecord> records, const std::function<void()>& moved);
  Attempt TryPart(Job& job, const Part& part, const Work& work);
  Attempt ResolveUnknownCommit(const Job& job, int64_t new_next_offset, const absl::Status& status);
  Work Bury(const absl::Status& failure) const;
  absl::Status CallHandler(postgres::Transaction& transaction, const Batch& batch, Effects& effects);
  void CountCommitted(const Job& job, const Part& part, const Effects& effects);

  BatchStore& store_;
  BatchHandler& handler_;
  const std::function<void(const std::function<void(ConsumerStats&)>&)> count_;
  const std::atomic<bool>& stopping_;
};

}  // namespace kontor::log
