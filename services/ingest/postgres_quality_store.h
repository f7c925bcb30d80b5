#pragma once

#include <string>

#include "libs/platform/postgres/pool.h"
#include "services/ingest/quality_store.h"

namespace kontor::ingest {

// QualityStore in table ingest.quality.
class PostgresQualityStore : public QualityStore {
 public:
  explicit PostgresQualityStore(postgres::Pool& pool) : pool_(pool) {}
  absl::Status Add(const QualityBook::Tallies& tallies) override;
  absl::StatusOr<kontor::ingest::v1::QualityReport> Report(const std::string& shop) override;

 private:
  postgres::Pool& pool_;
};

}  // namespace kontor::ingest
