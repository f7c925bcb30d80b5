#include "libs/platform/postgres/connection.h"

#include <poll.h>

#include <algorithm>
#include <pqxx/pqxx>
#include <pqxx/tablewriter>
#include <unordered_map>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/platform/postgres/copy_writer.h"
#include "libs/platform/postgres/error.h"
#include "libs/platform/postgres/result_impl.h"

namespace kontor::postgres {
namespace {

constexpr size_t kPreparedMax = 256;  // statements per connection

std::string ConnectionString(const PostgresOptions& options) {
  const int64_t seconds = std::max<int64_t>(2, absl::ToInt64Seconds(options.connect_timeout));
  const bool is_url = options.dsn.find("://") != std::string::npos;
  if (is_url) {
    return absl::StrCat(options.dsn, options.dsn.find('?') == std::string::npos ? "?" : "&",
                        "connect_timeout=", seconds, "&fallback_application_name=", options.application_name);
  }
  return absl::StrCat(options.dsn, " connect_timeout=", seconds,
                      " fallback_application_name=", options.application_name);
}

std::string SessionSettings(const PostgresOptions& options) {
  const auto ms = [](absl::Duration d) { return std::max<int64_t>(1, absl::ToInt64Milliseconds(d)); };
  return absl::StrCat("SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET bytea_output = 'hex';",
                      "SET plan_cache_mode = force_custom_plan;",
                      // Acknowledged means durable, whatever the server's default; stricter settings stay.
                      "SELECT set_config('synchronous_commit', 'on', false)"
                      " WHERE current_setting('synchronous_commit') = 'off';",
                      "SET statement_timeout = ", ms(options.statement_timeout),
                      "; SET lock_timeout = ", ms(options.lock_timeout),
                      "; SET idle_in_transaction_session_timeout = ", ms(options.idle_in_transaction_timeout));
}

}  // namespace

struct Connection::Impl {
  Impl(const PostgresOptions& options, Watchdog& watchdog)
      : watchdog(watchdog),
        patience(options.statement_timeout + options.reply_grace),
        connection(ConnectionString(options)),
        quiet(connection) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    connection.inhibit_reactivation(true);  // a silent reconnect would lose the session's settings and locks
#pragma GCC diagnostic pop
  }

  pqxx::result Exec(pqxx::transaction_base& transaction, absl::string_view sql, const Params& params);

  // Cuts the connection when the server is silent for too long, for the scope's time.
  class Guard {
   public:
    explicit Guard(Impl& impl) : watchdog_(impl.watchdog), id_(watchdog_.Arm(impl.connection.sock(), impl.patience)) {}
    ~Guard() { watchdog_.Disarm(id_); }

   private:
    Watchdog& watchdog_;
    const int64_t id_;
  };

  absl::Status Failure() {
    const absl::Status status = StatusOfCurrentException(connection.is_open());
    // A prepared statement that no longer fits the schema: start again with a fresh session.
    if (base::ErrorReason(status) == "SQLSTATE_0A000") stale = true;
    return status;
  }

  Watchdog& watchdog;
  const absl::Duration patience;
  bool stale = false;
  std::unordered_map<std::string, std::string> prepared;  // SQL to name
  pqxx::connection connection;
  pqxx::quiet_errorhandler quiet;
};

pqxx::result Connection::Impl::Exec(pqxx::transaction_base& transaction, absl::string_view sql, const Params& params) {
  Guard guard(*this);
  const std::string text(sql);
  if (params.values().empty()) return transaction.exec(text);
  std::vector<const char*> values;
  values.reserve(params.values().size());
  for (const auto& value : params.values()) values.push_back(value ? value->c_str() : nullptr);
  const auto dynamic = pqxx::prepare::make_dynamic_params(values);
  auto known = prepared.find(text);
  if (known == prepared.end()) {
    if (prepared.size() >= kPreparedMax) return transaction.exec_params(text, dynamic);
    known = prepared.emplace(text, absl::StrCat("s", prepared.size())).first;
    connection.prepare(known->second, text);
  }
  return transaction.exec_prepared(known->second, dynamic);
}

namespace {

bool HoldsNul(const Params& params) {
  for (const auto& value : params.values()) {
    if (value && value->find('\0') != std::string::npos) return true;
  }
  return false;
}

absl::Status NulError() {
  return base::Error(absl::StatusCode::kInvalidArgument, "NUL_BYTE",
                     "text for PostgreSQL must not hold a NUL byte; use bytes");
}

// libpqxx's stream_to takes rows of a number of columns that is fixed when compiling, and escapes cell by cell; its
// predecessor takes whole lines.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
std::unique_ptr<pqxx::tablewriter> OpenCopy(pqxx::transaction_base& transaction, absl::string_view table,
                                            const std::vector<std::string>& columns) {
  return std::make_unique<pqxx::tablewriter>(transaction, std::string(table), columns.begin(), columns.end());
}
#pragma GCC diagnostic pop

class OpenTransaction : public Transaction {
 public:
  OpenTransaction(Connection::Impl& impl, pqxx::work& work) : impl_(impl), work_(work) {}

  absl::StatusOr<Result> Exec(absl::string_view sql, const Params& params) override {
    if (!status_.ok()) return status_;
    if (HoldsNul(params)) return status_ = NulError();
    try {
      return Result(std::make_shared<Result::Impl>(Result::Impl{impl_.Exec(work_, sql, params)}));
    } catch (...) {
      return status_ = impl_.Failure();
    }
  }

  absl::Status Copy(absl::string_view table, const std::vector<std::string>& columns,
                    absl::FunctionRef<absl::Status(CopyWriter&)> write) override {
    if (!status_.ok()) return status_;
    try {
      const std::unique_ptr<pqxx::tablewriter> stream = OpenCopy(work_, table, columns);
      LineWriter writer(columns.size(), [&](const std::string& line) { stream->write_raw_line(line); });
      absl::Status written = write(writer);
      if (written.ok()) written = writer.status();
      Connection::Impl::Guard guard(impl_);
      stream->complete();
      status_ = written;
    } catch (...) {
      status_ = impl_.Failure();
    }
    return status_;
  }

  const absl::Status& status() const override { return status_; }

 private:
  Connection::Impl& impl_;
  pqxx::work& work_;
  absl::Status status_;
};

}  // namespace

Connection::Connection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Connection::~Connection() = default;

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const PostgresOptions& options, Watchdog& watchdog) {
  std::unique_ptr<Impl> impl;
  try {
    impl = std::make_unique<Impl>(options, watchdog);
    Impl::Guard guard(*impl);
    pqxx::nontransaction(impl->connection).exec(SessionSettings(options));
  } catch (...) {
    return StatusOfCurrentException(impl != nullptr && impl->connection.is_open());
  }
  return std::unique_ptr<Connection>(new Connection(std::move(impl)));
}

absl::StatusOr<Result> Connection::Exec(absl::string_view sql, const Params& params) {
  if (HoldsNul(params)) return NulError();
  try {
    pqxx::nontransaction statement(impl_->connection);
    return Result(std::make_shared<Result::Impl>(Result::Impl{impl_->Exec(statement, sql, params)}));
  } catch (...) {
    return impl_->Failure();
  }
}

absl::Status Connection::Run(absl::FunctionRef<absl::Status(Transaction&)> work) {
  std::unique_ptr<pqxx::work> open;
  try {
    Impl::Guard guard(*impl_);
    open = std::make_unique<pqxx::work>(impl_->connection);
  } catch (...) {
    return impl_->Failure();
  }
  OpenTransaction transaction(*impl_, *open);
  absl::Status status = work(transaction);
  if (status.ok()) status = transaction.status();
  Impl::Guard guard(*impl_);
  if (!status.ok()) {
    open.reset();
    return status;
  }
  try {
    open->commit();
  } catch (...) {
    status = impl_->Failure();
    const bool lost = !impl_->connection.is_open();
    if (lost && status.code() == absl::StatusCode::kUnavailable && !IsCommitUnknown(status)) {
      status = base::Error(absl::StatusCode::kUnavailable, kReasonCommitUnknown, status.message());
    }
  }
  return status;
}

bool Connection::IsHealthy() const {
  if (impl_->stale || !impl_->connection.is_open()) return false;
  pollfd socket = {impl_->connection.sock(), POLLIN, 0};
  return poll(&socket, 1, 0) == 0;
}

}  // namespace kontor::postgres
