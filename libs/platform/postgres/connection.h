#pragma once

#include <memory>

#include "absl/functional/function_ref.h"
#include "libs/platform/postgres/pool.h"
#include "libs/platform/postgres/watchdog.h"

namespace kontor::postgres {

// Inside this library only: one session. Not thread-safe.
class Connection {
 public:
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const PostgresOptions& options, Watchdog& watchdog);
  ~Connection();

  absl::StatusOr<Result> Exec(absl::string_view sql, const Params& params);
  absl::Status Run(absl::FunctionRef<absl::Status(Transaction&)> work);

  // False when it is known to be broken, or the server has closed or said something unasked. No round trip.
  bool IsHealthy() const;

  struct Impl;

 private:
  explicit Connection(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace kontor::postgres
