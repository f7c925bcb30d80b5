#include "libs/platform/postgres/pool.h"

#include <chrono>
#include <random>
#include <thread>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "libs/base/mutex.h"
#include "libs/base/random.h"
#include "libs/base/status.h"
#include "libs/platform/postgres/connection.h"
#include "libs/platform/postgres/watchdog.h"

namespace kontor::postgres {
namespace {

constexpr int kAttempts = 3;
constexpr absl::Duration kRetryStep = absl::Milliseconds(10);

// Full jitter: uniform in [0, attempt * step).
absl::Duration RetryPause(int attempt) {
  thread_local base::Random random(std::random_device{}());
  return random.Uniform() * attempt * kRetryStep;
}

}  // namespace

bool IsTransient(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kCancelled:
      return true;
    default:
      return false;
  }
}

bool IsCommitUnknown(const absl::Status& status) { return base::ErrorReason(status) == kReasonCommitUnknown; }

bool IsIdentifier(absl::string_view name) {
  if (name.empty() || name.size() > 63 || absl::ascii_isdigit(static_cast<unsigned char>(name[0]))) return false;
  for (char c : name) {
    if (!absl::ascii_islower(static_cast<unsigned char>(c)) && !absl::ascii_isdigit(static_cast<unsigned char>(c)) &&
        c != '_') {
      return false;
    }
  }
  return true;
}

struct Pool::State {
  explicit State(PostgresOptions o) : options(std::move(o)) {}

  const PostgresOptions options;
  Watchdog watchdog;
  base::Mutex mutex;
  base::CondVar returned;
  std::vector<std::unique_ptr<Connection>> idle ABSL_GUARDED_BY(mutex);
  PoolStats stats ABSL_GUARDED_BY(mutex);
};

Lease::Lease(class Pool& pool, std::unique_ptr<Connection> connection)
    : pool_(&pool), connection_(std::move(connection)) {}
Lease::Lease(Lease&&) noexcept = default;
Lease& Lease::operator=(Lease&& other) noexcept {
  if (connection_ != nullptr) pool_->Return(std::move(connection_));
  pool_ = other.pool_;
  connection_ = std::move(other.connection_);
  return *this;
}
Lease::~Lease() {
  if (connection_ != nullptr) pool_->Return(std::move(connection_));
}

absl::StatusOr<Result> Lease::Exec(absl::string_view sql, const Params& params) {
  return connection_->Exec(sql, params);
}
absl::Status Lease::Run(absl::FunctionRef<absl::Status(Transaction&)> work) { return connection_->Run(work); }

absl::StatusOr<std::unique_ptr<Pool>> Pool::Create(PostgresOptions options) {
  if (options.dsn.empty()) return absl::InvalidArgumentError("the PostgreSQL dsn is empty");
  if (options.pool_size < 1) return absl::InvalidArgumentError("the PostgreSQL pool_size must be at least 1");
  return std::unique_ptr<Pool>(new Pool(std::make_unique<State>(std::move(options))));
}

Pool::Pool(std::unique_ptr<State> state) : state_(std::move(state)) {}
Pool::~Pool() = default;

absl::StatusOr<Lease> Pool::Acquire() { return Acquire(state_->options.acquire_timeout); }

absl::StatusOr<Lease> Pool::Acquire(absl::Duration timeout) {
  const auto deadline = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(timeout);
  std::vector<std::unique_ptr<Connection>> broken;  // closed outside of the lock
  {
    base::MutexLock lock(state_->mutex);
    while (state_->stats.in_use >= state_->options.pool_size) {
      const auto left = deadline - std::chrono::steady_clock::now();
      if (left <= std::chrono::nanoseconds(0)) {
        ++state_->stats.acquire_timeouts;
        return base::Error(absl::StatusCode::kResourceExhausted, kReasonPoolExhausted,
                           absl::StrCat("all ", state_->options.pool_size, " PostgreSQL connections are busy"));
      }
      state_->returned.WaitFor(state_->mutex, absl::FromChrono(left));
    }
    ++state_->stats.in_use;
    while (!state_->idle.empty()) {
      std::unique_ptr<Connection> connection = std::move(state_->idle.back());
      state_->idle.pop_back();
      if (connection->IsHealthy()) return Lease(*this, std::move(connection));
      --state_->stats.open;
      ++state_->stats.broken;
      broken.push_back(std::move(connection));
    }
  }
  absl::StatusOr<std::unique_ptr<Connection>> opened = Connection::Open(state_->options, state_->watchdog);
  base::MutexLock lock(state_->mutex);
  if (!opened.ok()) {
    --state_->stats.in_use;
    state_->returned.NotifyOne();
    return opened.status();
  }
  ++state_->stats.open;
  ++state_->stats.connects;
  return Lease(*this, *std::move(opened));
}

void Pool::Return(std::unique_ptr<Connection> connection) {
  const bool healthy = connection->IsHealthy();
  {
    base::MutexLock lock(state_->mutex);
    --state_->stats.in_use;
    if (healthy) {
      state_->idle.push_back(std::move(connection));
    } else {
      --state_->stats.open;
      ++state_->stats.broken;
    }
  }
  state_->returned.NotifyOne();
}

absl::Status Pool::Run(absl::FunctionRef<absl::Status(Transaction&)> work) {
  ASSIGN_OR_RETURN(Lease lease, Acquire());
  return lease.Run(work);
}

absl::StatusOr<Result> Pool::Exec(absl::string_view sql, const Params& params) {
  ASSIGN_OR_RETURN(Lease lease, Acquire());
  return lease.Exec(sql, params);
}

absl::Status Pool::RunRetrying(absl::FunctionRef<absl::Status(Transaction&)> work) {
  for (int attempt = 1;; ++attempt) {
    const absl::Status status = Run(work);
    if (status.code() != absl::StatusCode::kAborted || attempt == kAttempts) return status;
    std::this_thread::sleep_for(absl::ToChronoNanoseconds(RetryPause(attempt)));
  }
}

PoolStats Pool::stats() const {
  base::MutexLock lock(state_->mutex);
  PoolStats stats = state_->stats;
  stats.watchdog_cuts = state_->watchdog.cuts();
  return stats;
}

const PostgresOptions& Pool::options() const { return state_->options; }

}  // namespace kontor::postgres
