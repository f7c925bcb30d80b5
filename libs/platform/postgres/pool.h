#pragma once

#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/platform/postgres/params.h"
#include "libs/platform/postgres/result.h"
#include "libs/platform/postgres/transaction.h"

namespace kontor::postgres {

struct PostgresOptions {
  std::string dsn;  // libpq's: "host=/run/kontor port=5432 dbname=kontor user=postgres" or a postgresql:// URL
  std::string application_name = "kontor";  // shown in pg_stat_activity
  int pool_size = 8;
  absl::Duration connect_timeout = absl::Seconds(2);  // whole seconds, at least 2 (libpq's grain)
  absl::Duration statement_timeout = absl::Seconds(30);
  absl::Duration lock_timeout = absl::Seconds(5);
  absl::Duration idle_in_transaction_timeout = absl::Seconds(5);
  absl::Duration acquire_timeout = absl::Seconds(5);  // of Run, Exec and RunRetrying
  // A server that is silent for statement_timeout plus this counts as gone: the connection is cut from our side.
  absl::Duration reply_grace = absl::Seconds(5);
};

struct PoolStats {
  int open = 0, in_use = 0;
  int64_t connects = 0, broken = 0, acquire_timeouts = 0, watchdog_cuts = 0;
};

// Reasons carried by the statuses (base::ErrorReason) beside the canonical codes:
//   UNAVAILABLE         POSTGRES_UNAVAILABLE  no connection, or lost before COMMIT was sent: nothing was committed;
//                                             of an autocommit Exec: it may have taken effect or not
//   UNAVAILABLE         COMMIT_UNKNOWN        lost while COMMIT was under way: read your key again to find out
//   RESOURCE_EXHAUSTED  POOL_EXHAUSTED        all connections busy for the whole timeout
//   RESOURCE_EXHAUSTED  DISK_FULL             53100; 53200 and 53300 are RESOURCE_EXHAUSTED with POSTGRES_EXHAUSTED
//   ABORTED             TRANSACTION_CONFLICT  40001, 40P01: run the transaction again
//   DEADLINE_EXCEEDED   STATEMENT_TIMEOUT     57014; 55P03 LOCK_TIMEOUT
//   ALREADY_EXISTS 23505, FAILED_PRECONDITION other class 23, INVALID_ARGUMENT class 22, NOT_FOUND undefined tables,
//   PERMISSION_DENIED 42501, INTERNAL the rest; their reason is "SQLSTATE_" and the state.
constexpr char kReasonUnavailable[] = "POSTGRES_UNAVAILABLE";
constexpr char kReasonCommitUnknown[] = "COMMIT_UNKNOWN";
constexpr char kReasonPoolExhausted[] = "POOL_EXHAUSTED";
constexpr char kReasonDiskFull[] = "DISK_FULL";

// True for errors that pass by themselves: UNAVAILABLE, ABORTED, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, CANCELLED.
bool IsTransient(const absl::Status& status);
bool IsCommitUnknown(const absl::Status& status);

class Connection;  // of the implementation

// One connection on loan, for work that needs a session of its own. Returns it on destruction. Not thread-safe.
class Lease {
 public:
  Lease(Lease&&) noexcept;
  Lease& operator=(Lease&&) noexcept;
  ~Lease();

  // One statement that commits by itself.
  absl::StatusOr<Result> Exec(absl::string_view sql, const Params& params = Params());
  // One transaction: committed when `work` returns OK, else rolled back. Exceptions of `work` roll back and pass on.
  absl::Status Run(absl::FunctionRef<absl::Status(Transaction&)> work);

 private:
  friend class Pool;
  Lease(class Pool& pool, std::unique_ptr<Connection> connection);
  class Pool* pool_;
  std::unique_ptr<Connection> connection_;
};

// Connections to one database, opened when needed, replaced when broken, closed with the pool. Thread-safe; must
// outlive its leases. All timeouts are monotonic.
class Pool {
 public:
  // Does not connect: a server that is away shows as UNAVAILABLE at the first use. INVALID_ARGUMENT for an empty dsn
  // or a pool_size below 1.
  static absl::StatusOr<std::unique_ptr<Pool>> Create(PostgresOptions options);
  ~Pool();

  absl::StatusOr<Lease> Acquire(absl::Duration timeout);
  absl::StatusOr<Lease> Acquire();

  // As Lease::Run and Lease::Exec on a connection of the pool.
  absl::Status Run(absl::FunctionRef<absl::Status(Transaction&)> work);
  absl::StatusOr<Result> Exec(absl::string_view sql, const Params& params = Params());
  // Run, up to three times in all while it is ABORTED, with jitter between; `work` must bear being run again.
  absl::Status RunRetrying(absl::FunctionRef<absl::Status(Transaction&)> work);

  PoolStats stats() const;
  const PostgresOptions& options() const;

 private:
  friend class Lease;
  struct State;
  explicit Pool(std::unique_ptr<State> state);
  void Return(std::unique_ptr<Connection> connection);
  std::unique_ptr<State> state_;
};

// True for [a-z_][a-z0-9_]*, at most 63 long: safe to write into SQL as a schema, table or column.
bool IsIdentifier(absl::string_view name);

}  // namespace kontor::postgres
