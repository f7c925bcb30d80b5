#pragma once

#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "libs/base/status.h"
#include "libs/platform/log/batch_handler.h"
#include "libs/platform/postgres/migrate.h"
#include "libs/platform/postgres/pool.h"
#include "libs/testing/private_postgres.h"
#include "services/recommendations/migrations.h"

namespace kontor::recommendations {

// A fresh database with the schema of this service, for one test.
inline std::unique_ptr<postgres::Pool> TestPool(const std::string& dsn) {
  postgres::PostgresOptions options;
  options.dsn = dsn;
  options.pool_size = 16;
  absl::StatusOr<std::unique_ptr<postgres::Pool>> pool = postgres::Pool::Create(options);
  const absl::Status status = pool.ok() ? postgres::Migrate(**pool, "recommendations", Migrations()) : pool.status();
  if (!status.ok()) {
    std::cerr << status << "\n";
    std::abort();
  }
  return *std::move(pool);
}

// Applies records as one batch of one partition, as a consumer would.
inline absl::Status ApplyBatch(postgres::Pool& pool, log::BatchHandler& writer, const std::vector<std::string>& records,
                               log::Effects& effects, const std::string& topic = "orders", int64_t first_offset = 0) {
  std::vector<log::LogRecord> batch;
  for (const std::string& bytes : records) {
    batch.push_back({first_offset + static_cast<int64_t>(batch.size()), absl::UnixEpoch(), bytes});
  }
  RETURN_IF_ERROR(pool.Run([&](postgres::Transaction& transaction) {
    effects = log::Effects();
    return writer.Apply(transaction, {topic, 0, batch}, effects);
  }));
  for (const auto& action : effects.after_commit) action();
  return absl::OkStatus();
}

}  // namespace kontor::recommendations
