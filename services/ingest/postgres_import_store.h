#pragma once

#include <string>
#include <vector>

#include "libs/platform/postgres/pool.h"
#include "services/ingest/import_store.h"

namespace kontor::ingest {

// ImportStore in tables ingest.imports, import_errors and import_positions.
class PostgresImportStore : public ImportStore {
 public:
  explicit PostgresImportStore(postgres::Pool& pool) : pool_(pool) {}

  absl::StatusOr<Import> CreateOrGet(const std::string& shop, const std::string& id, const Import& created,
                                     absl::Time now) override;
  absl::StatusOr<Import> Get(const std::string& shop, const std::string& id) override;
  absl::StatusOr<std::vector<Import>> List(const std::string& shop, const std::string& after, int limit) override;
  absl::StatusOr<Import> Advance(const std::string& shop, const std::string& id, int64_t units_before,
                                 const ImportProgress& progress, absl::Time now) override;
  absl::StatusOr<std::vector<kontor::ingest::v1::RowError>> Errors(const std::string& shop, const std::string& id,
                                                                   int64_t offset, int limit) override;

 private:
  absl::Status AddDetails(const std::string& shop, const std::string& id, Import& import);

  postgres::Pool& pool_;
};

}  // namespace kontor::ingest
