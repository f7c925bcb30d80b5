#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "libs/platform/log/event_log.h"
#include "libs/platform/postgres/pool.h"

namespace kontor::log {

// A partition that an owner holds: the epoch is the fencing token.
struct PartitionLease {
  std::string topic;
  int partition = 0;
  int64_t epoch = 0;
  int64_t next_offset = 0;

  bool SamePartition(const PartitionLease& other) const { return partition == other.partition && topic == other.topic; }
};

// Inside this library only: the rows of consumer_offsets and consumer_members of one group, seen by one owner. All
// times are the database's. Thread-safe.
class LeaseStore {
 public:
  LeaseStore(postgres::Pool& pool, std::string schema, std::string group, std::string owner, absl::Duration lease);

  // Adds the offset rows that are missing, each starting at the position given.
  absl::Status AddPartitions(absl::Span<const Position> begins);

  struct Share {
    std::vector<PartitionLease> held;  // all that is ours now, renewed or newly taken
    int fair = 0;                      // how many we should hold: the others' due is what exceeds it
  };
  // One heartbeat: says that we live, renews what we hold, takes free and expired leases up to our fair share.
  absl::StatusOr<Share> Tick();

  // Gives a lease back, if it is still ours.
  absl::Status Release(const PartitionLease& lease);
  // Takes us out of the members.
  absl::Status Leave();

  // The fence: moves the offset within `transaction` and extends the lease. False when the lease is no longer ours or
  // the offset is not where we think it is: nothing of this transaction may be kept.
  absl::StatusOr<bool> Fence(postgres::Transaction& transaction, const PartitionLease& lease, int64_t new_next_offset,
                             absl::Time received_at) const;
  // The row as it is once transactions under way have ended; nullopt when the lease is no longer ours.
  absl::StatusOr<std::optional<int64_t>> ReadNextOffset(const PartitionLease& lease) const;

  struct Row {
    Position next;
    absl::Time applied_received_at;
    std::string owner;
    int64_t epoch = 0;
  };
  absl::StatusOr<std::vector<Row>> ReadAll() const;

 private:
  absl::StatusOr<int> FairShare(postgres::Transaction& transaction) const;
  absl::StatusOr<std::vector<PartitionLease>> ReadOwn(postgres::Transaction& transaction) const;
  absl::Status Renew(postgres::Transaction& transaction) const;
  absl::Status Take(postgres::Transaction& transaction, int count) const;
  std::string LeaseEnd() const;

  postgres::Pool& pool_;
  const std::string offsets_, members_;  // tables
  const std::string group_, owner_;
  const absl::Duration lease_;
};

}  // namespace kontor::log
