#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "libs/base/status.h"
#include "libs/platform/log/batch_store.h"
#include "libs/platform/postgres/pool.h"
#include "tests/simulation/crash.h"

namespace kontor::simulation {

using PartitionKey = std::pair<std::string, int>;  // topic, partition

struct StoredOrder {
  int64_t revision = -1;
  uint64_t fingerprint = 0;
  int64_t nanos = 0;
  bool cancelled = false;
};

struct OffsetRow {
  int owner = -1;
  int64_t epoch = 0;
  int64_t next_offset = 0;
};

// What survives every crash.
struct Tables {
  std::map<PartitionKey, OffsetRow> offsets;
  std::map<std::string, StoredOrder> orders;
  std::map<std::pair<PartitionKey, int64_t>, int> applied;       // record → how often
  std::map<std::pair<PartitionKey, int64_t>, int> dead_letters;  // record → how often
};

// Holds a copy of the tables until it is committed.
class SimulatedTransaction : public postgres::Transaction {
 public:
  explicit SimulatedTransaction(const Tables& tables) : tables(tables) {}
  absl::StatusOr<postgres::Result> Exec(absl::string_view, const postgres::Params&) override { return NoSql(); }
  absl::Status Copy(absl::string_view, const std::vector<std::string>&,
                    absl::FunctionRef<absl::Status(postgres::CopyWriter&)>) override {
    return NoSql();
  }
  const absl::Status& status() const override { return status_; }

  Tables tables;

 private:
  static absl::Status NoSql() { return absl::UnimplementedError("the simulation has no SQL"); }
  absl::Status status_;
};

// What a consumer can do wrong, to see that the simulation notices.
enum class Mutant { kNone, kCommitsApart, kIgnoresFence };

class SimulatedDatabase : public log::BatchStore {
 public:
  SimulatedDatabase(Dice& dice, Mutant mutant) : dice_(dice), mutant_(mutant) {}

  Tables& tables() { return tables_; }

  // Takes the lease from whoever holds it: time has passed.
  log::PartitionLease Take(const PartitionKey& key, int owner) {
    OffsetRow& row = tables_.offsets[key];
    row.owner = owner;
    return {key.first, key.second, ++row.epoch, row.next_offset};
  }

  absl::Status Commit(const log::BatchAttempt& attempt, const Work& work, log::Effects& effects,
                      bool& fenced) override {
    dice_.Point();
    if (dice_.Trouble()) return Away(postgres::kReasonUnavailable);
    const PartitionKey key{attempt.lease.topic, attempt.lease.partition};
    SimulatedTransaction transaction(tables_);
    OffsetRow& row = transaction.tables.offsets[key];
    fenced = mutant_ != Mutant::kIgnoresFence &&
             (row.epoch != attempt.lease.epoch || row.next_offset != attempt.lease.next_offset);
    if (fenced) return absl::AbortedError("the lease has passed to another owner");
    const int64_t old_offset = std::exchange(row.next_offset, attempt.new_next_offset);
    dice_.Point();
    RETURN_IF_ERROR(work(transaction, attempt.batch, effects));
    for (const log::DeadLetterRow& letter : effects.dead_letters)
      ++transaction.tables.dead_letters[{key, letter.offset}];
    dice_.Point();
    if (dice_.Trouble()) return Away(postgres::kReasonCommitUnknown);  // and it did not take place
    if (mutant_ == Mutant::kCommitsApart) {
      tables_ = transaction.tables;
      tables_.offsets[key].next_offset = old_offset;
      dice_.Point();
    }
    tables_ = std::move(transaction.tables);
    dice_.Point();
    return dice_.Trouble() ? Away(postgres::kReasonCommitUnknown) : absl::OkStatus();  // but it did take place
  }

  absl::StatusOr<std::optional<int64_t>> ReadNextOffset(const log::PartitionLease& lease) override {
    dice_.Point();
    const OffsetRow& row = tables_.offsets[{lease.topic, lease.partition}];
    return row.epoch == lease.epoch ? std::optional<int64_t>(row.next_offset) : std::nullopt;
  }

 private:
  static absl::Status Away(const char* reason) {
    return base::Error(absl::StatusCode::kUnavailable, reason, "PostgreSQL went away");
  }

  Dice& dice_;
  const Mutant mutant_;
  Tables tables_;
};

}  // namespace kontor::simulation
