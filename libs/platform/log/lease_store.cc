#include "libs/platform/log/lease_store.h"

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace kontor::log {

using postgres::Params;
using postgres::Result;
using postgres::Transaction;

LeaseStore::LeaseStore(postgres::Pool& pool, std::string schema, std::string group, std::string owner,
                       absl::Duration lease)
    : pool_(pool),
      offsets_(absl::StrCat(schema, ".consumer_offsets")),
      members_(absl::StrCat(schema, ".consumer_members")),
      group_(std::move(group)),
      owner_(std::move(owner)),
      lease_(lease) {}

std::string LeaseStore::LeaseEnd() const {
  return absl::StrCat("clock_timestamp() + interval '", absl::ToInt64Milliseconds(lease_), " milliseconds'");
}

absl::Status LeaseStore::AddPartitions(absl::Span<const Position> begins) {
  std::vector<std::string> topics;
  std::vector<int64_t> partitions, offsets;
  for (const Position& begin : begins) {
    topics.push_back(begin.topic);
    partitions.push_back(begin.partition);
    offsets.push_back(begin.offset);
  }
  return pool_
      .Exec(absl::StrCat("INSERT INTO ", offsets_,
                         " (consumer_group, topic, partition, next_offset) SELECT $1, t, p, o"
                         " FROM unnest($2::text[], $3::int8[], $4::int8[]) AS b (t, p, o) ORDER BY t, p"
                         " ON CONFLICT DO NOTHING"),
            Params().Text(group_).TextArray(topics).Int64Array(partitions).Int64Array(offsets))
      .status();
}

absl::StatusOr<LeaseStore::Share> LeaseStore::Tick() {
  Share share;
  const absl::Status status = pool_.RunRetrying([&](Transaction& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(share.fair, FairShare(transaction));
    RETURN_IF_ERROR(Renew(transaction));
    ASSIGN_OR_RETURN(share.held, ReadOwn(transaction));
    const int missing = share.fair - static_cast<int>(share.held.size());
    if (missing <= 0) return absl::OkStatus();
    RETURN_IF_ERROR(Take(transaction, missing));
    ASSIGN_OR_RETURN(share.held, ReadOwn(transaction));
    return absl::OkStatus();
  });
  RETURN_IF_ERROR(status);
  return share;
}

// partitions / members, the remainder to the first members by name: the shares add up to all partitions.
absl::StatusOr<int> LeaseStore::FairShare(Transaction& transaction) const {
  RETURN_IF_ERROR(
      transaction
          .Exec(absl::StrCat("INSERT INTO ", members_, " VALUES ($1, $2, ", LeaseEnd(),
                             ") ON CONFLICT (consumer_group, owner) DO UPDATE SET seen_until = ", LeaseEnd()),
                Params().Text(group_).Text(owner_))
          .status());
  ASSIGN_OR_RETURN(
      const Result result,
      transaction.Exec(absl::StrCat("SELECT count(*), count(*) FILTER (WHERE owner < $2), (SELECT count(*) FROM ",
                                    offsets_, " WHERE consumer_group = $1) FROM ", members_,
                                    " WHERE consumer_group = $1 AND seen_until > clock_timestamp()"),
                       Params().Text(group_).Text(owner_)));
  const int64_t members = std::max<int64_t>(1, result.Int64(0, 0));
  const int64_t rank = result.Int64(0, 1), partitions = result.Int64(0, 2);
  return static_cast<int>(partitions / members + (rank < partitions % members ? 1 : 0));
}

// Rows that are locked belong to batches under way, whose fence renews them.
absl::Status LeaseStore::Renew(Transaction& transaction) const {
  return transaction
      .Exec(absl::StrCat(
                "UPDATE ", offsets_, " AS o SET lease_until = ", LeaseEnd(), " FROM (SELECT topic, partition FROM ",
                offsets_,
                " WHERE consumer_group = $1 AND owner = $2 ORDER BY topic, partition FOR UPDATE SKIP LOCKED)"
                " AS mine WHERE o.consumer_group = $1 AND o.topic = mine.topic AND o.partition = mine.partition"),
            Params().Text(group_).Text(owner_))
      .status();
}

absl::StatusOr<std::vector<PartitionLease>> LeaseStore::ReadOwn(Transaction& transaction) const {
  ASSIGN_OR_RETURN(const Result result,
                   transaction.Exec(absl::StrCat("SELECT topic, partition, epoch, next_offset FROM ", offsets_,
                                                 " WHERE consumer_group = $1 AND owner = $2 ORDER BY topic, partition"),
                                    Params().Text(group_).Text(owner_)));
  std::vector<PartitionLease> leases;
  for (int row = 0; row < result.rows(); ++row) {
    leases.push_back({std::string(result.Text(row, 0)), static_cast<int>(result.Int64(row, 1)), result.Int64(row, 2),
                      result.Int64(row, 3)});
  }
  return leases;
}

absl::Status LeaseStore::Take(Transaction& transaction, int count) const {
  return transaction
      .Exec(absl::StrCat("UPDATE ", offsets_, " AS o SET owner = $2, epoch = epoch + 1, lease_until = ", LeaseEnd(),
                         " FROM (SELECT topic, partition FROM ", offsets_,
                         " WHERE consumer_group = $1 AND (owner IS NULL OR lease_until < clock_timestamp())"
                         " ORDER BY topic, partition LIMIT $3 FOR UPDATE SKIP LOCKED) AS free"
                         " WHERE o.consumer_group = $1 AND o.topic = free.topic AND o.partition = free.partition"),
            Params().Text(group_).Text(owner_).Int64(count))
      .status();
}

absl::Status LeaseStore::Release(const PartitionLease& lease) {
  return pool_
      .Exec(absl::StrCat("UPDATE ", offsets_,
                         " SET owner = NULL, lease_until = '-infinity'"
                         " WHERE consumer_group = $1 AND topic = $2 AND partition = $3 AND epoch = $4 AND owner = $5"),
            Params().Text(group_).Text(lease.topic).Int64(lease.partition).Int64(lease.epoch).Text(owner_))
      .status();
}

absl::Status LeaseStore::Leave() {
  return pool_
      .Exec(absl::StrCat(
                "DELETE FROM ", members_,
                " WHERE consumer_group = $1 AND (owner = $2 OR seen_until < clock_timestamp() - interval '1 day')"),
            Params().Text(group_).Text(owner_))
      .status();
}

absl::StatusOr<bool> LeaseStore::Fence(Transaction& transaction, const PartitionLease& lease, int64_t new_next_offset,
                                       absl::Time received_at) const {
  ASSIGN_OR_RETURN(
      const Result result,
      transaction.Exec(absl::StrCat("UPDATE ", offsets_, " SET next_offset = $7, lease_until = ", LeaseEnd(),
                                    ", applied_received_at = greatest(applied_received_at, $8)"
                                    " WHERE consumer_group = $1 AND topic = $2 AND partition = $3"
                                    " AND owner = $4 AND epoch = $5 AND next_offset = $6"),
                       Params()
                           .Text(group_)
                           .Text(lease.topic)
                           .Int64(lease.partition)
                           .Text(owner_)
                           .Int64(lease.epoch)
                           .Int64(lease.next_offset)
                           .Int64(new_next_offset)
                           .Time(received_at)));
  return result.affected_rows() == 1;
}

// FOR UPDATE waits for a transaction of ours whose COMMIT may still be under way.
absl::StatusOr<std::optional<int64_t>> LeaseStore::ReadNextOffset(const PartitionLease& lease) const {
  ASSIGN_OR_RETURN(
      const Result result,
      pool_.Exec(absl::StrCat("SELECT next_offset FROM ", offsets_,
                              " WHERE consumer_group = $1 AND topic = $2 AND partition = $3"
                              " AND owner = $4 AND epoch = $5 FOR UPDATE"),
                 Params().Text(group_).Text(lease.topic).Int64(lease.partition).Text(owner_).Int64(lease.epoch)));
  if (result.empty()) return std::optional<int64_t>();
  return std::optional<int64_t>(result.Int64(0, 0));
}

absl::StatusOr<std::vector<LeaseStore::Row>> LeaseStore::ReadAll() const {
  ASSIGN_OR_RETURN(
      const Result result,
      pool_.Exec(
          absl::StrCat("SELECT topic, partition, next_offset, applied_received_at,"
                       " CASE WHEN lease_until < clock_timestamp() THEN '' ELSE coalesce(owner, '') END, epoch FROM ",
                       offsets_, " WHERE consumer_group = $1 ORDER BY topic, partition"),
          Params().Text(group_)));
  std::vector<Row> rows;
  for (int row = 0; row < result.rows(); ++row) {
    rows.push_back({{std::string(result.Text(row, 0)), static_cast<int>(result.Int64(row, 1)), result.Int64(row, 2)},
                    result.Time(row, 3),
                    std::string(result.Text(row, 4)),
                    result.Int64(row, 5)});
  }
  return rows;
}

}  // namespace kontor::log
