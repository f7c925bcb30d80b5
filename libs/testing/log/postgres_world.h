#pragma once

#include <memory>
#include <string>

#include "libs/platform/log/postgres_event_log.h"
#include "libs/platform/postgres/pool.h"
#include "libs/testing/log/event_log_world.h"
#include "libs/testing/private_postgres.h"

namespace kontor::log {

// For tests: the log in a fresh database of this binary's private PostgreSQL, opened twice with pools of their own.
class PostgresWorld : public EventLogWorld {
 public:
  PostgresWorld()
      : dsn_(kontor::testing::PrivatePostgres::Shared().CreateDatabase()),
        pool_(MakePool(dsn_)),
        other_pool_(MakePool(dsn_)),
        log_(OpenPostgresEventLog(*pool_, clock_).value()),
        other_log_(OpenPostgresEventLog(*other_pool_, clock_).value()) {}

  EventLog& log() override { return *log_; }
  EventLog& other_log() override { return *other_log_; }
  postgres::Pool& pool() { return *pool_; }
  const std::string& dsn() const { return dsn_; }

  static std::unique_ptr<postgres::Pool> MakePool(const std::string& dsn, postgres::PostgresOptions options = {}) {
    options.dsn = dsn;
    return postgres::Pool::Create(std::move(options)).value();
  }

 private:
  const std::string dsn_;
  std::unique_ptr<postgres::Pool> pool_, other_pool_;
  std::unique_ptr<EventLog> log_, other_log_;
};

inline std::unique_ptr<EventLogWorld> MakePostgresWorld() { return std::make_unique<PostgresWorld>(); }

}  // namespace kontor::log
