#pragma once

#include <functional>
#include <optional>

#include "absl/status/statusor.h"
#include "libs/platform/log/batch_handler.h"
#include "libs/platform/log/effects_store.h"
#include "libs/platform/log/lease_store.h"

namespace kontor::log {

// One attempt at a batch, as the transaction that holds it sees it.
struct BatchAttempt {
  const PartitionLease& lease;
  const Batch& batch;
  int64_t new_next_offset = 0;
  EffectsStore::Context context;
};

// Inside this library and its simulation only: where the effects of batches are kept beside the offsets. Thread-safe
// for different partitions.
class BatchStore {
 public:
  using Work = std::function<absl::Status(postgres::Transaction&, const Batch&, Effects&)>;

  virtual ~BatchStore() = default;

  // One transaction: the fence first, then `work`, then what `work` left in `effects`. ABORTED with `fenced` when the
  // lease is no longer ours or the offset is not where we think it is: then nothing is kept. COMMIT_UNKNOWN as
  // postgres::Pool says.
  virtual absl::Status Commit(const BatchAttempt& attempt, const Work& work, Effects& effects, bool& fenced) = 0;
  // The offset once transactions under way have ended; nullopt when the lease is no longer ours.
  virtual absl::StatusOr<std::optional<int64_t>> ReadNextOffset(const PartitionLease& lease) = 0;
};

class PostgresBatchStore : public BatchStore {
 public:
  PostgresBatchStore(postgres::Pool& pool, const LeaseStore& leases, const EffectsStore& effects)
      : pool_(pool), leases_(leases), effects_(effects) {}

  absl::Status Commit(const BatchAttempt& attempt, const Work& work, Effects& effects, bool& fenced) override;
  absl::StatusOr<std::optional<int64_t>> ReadNextOffset(const PartitionLease& lease) override {
    return leases_.ReadNextOffset(lease);
  }

 private:
  postgres::Pool& pool_;
  const LeaseStore& leases_;
  const EffectsStore& effects_;
};

}  // namespace kontor::log
