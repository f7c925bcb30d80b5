#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "kontor/ingest/v1/ingest_service.pb.h"

namespace kontor::ingest {

// What one request of an import settled; stored as a whole or not at all.
struct ImportProgress {
  int64_t committed_units = 0;  // after it
  int64_t rows_read = 0;        // after it
  bool done = false;
  int64_t accepted = 0, duplicates = 0, refused_events = 0, refused_rows = 0;  // in it
  std::vector<kontor::ingest::v1::RowError> errors;
  std::vector<kontor::type::v1::LogPosition> positions;  // the last of each partition written to
};

// Imports and their errors by line. `shop` and `id` name the import.
class ImportStore {
 public:
  using Import = kontor::ingest::v1::Import;
  virtual ~ImportStore() = default;
  // The stored import, or the new one when there is none.
  virtual absl::StatusOr<Import> CreateOrGet(const std::string& shop, const std::string& id, const Import& created,
                                             absl::Time now) = 0;
  virtual absl::StatusOr<Import> Get(const std::string& shop, const std::string& id) = 0;
  // Newest first, from after `after` (an id; empty for the first page).
  virtual absl::StatusOr<std::vector<Import>> List(const std::string& shop, const std::string& after, int limit) = 0;
  // ABORTED when the import stands elsewhere than before the progress: another client uploads it too.
  virtual absl::StatusOr<Import> Advance(const std::string& shop, const std::string& id, int64_t units_before,
                                         const ImportProgress& progress, absl::Time now) = 0;
  // In order of (line, column) from after `offset` errors.
  virtual absl::StatusOr<std::vector<kontor::ingest::v1::RowError>> Errors(const std::string& shop,
                                                                           const std::string& id, int64_t offset,
                                                                           int limit) = 0;
};

}  // namespace kontor::ingest
