#include "libs/platform/log/batch_store.h"

#include "libs/base/status.h"

namespace kontor::log {

absl::Status PostgresBatchStore::Commit(const BatchAttempt& attempt, const Work& work, Effects& effects, bool& fenced) {
  const Batch& batch = attempt.batch;
  const absl::Time received_at = batch.replay ? absl::InfinitePast() : batch.records.back().received_at;
  return pool_.Run([&](postgres::Transaction& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(const bool ours, leases_.Fence(transaction, attempt.lease, attempt.new_next_offset, received_at));
    fenced = !ours;
    if (fenced) return absl::AbortedError("the lease has passed to another owner");
    RETURN_IF_ERROR(work(transaction, batch, effects));
    RETURN_IF_ERROR(transaction.status());
    if (batch.replay) RETURN_IF_ERROR(effects_.RemoveParked(transaction, batch, effects));
    return effects_.Write(transaction, batch, effects, attempt.context);
  });
}

}  // namespace kontor::log
