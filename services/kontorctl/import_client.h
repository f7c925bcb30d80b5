#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "kontor/ingest/v1/import_mapping.pb.h"
#include "kontor/ingest/v1/ingest_service.pb.h"
#include "services/kontorctl/session.h"

namespace kontor::ctl {

// Where an import stands, for a progress bar.
struct ImportStanding {
  std::string what;  // "transactions.csv orders"
  int64_t rows_read = 0;
  int64_t refused_rows = 0;
  double share = 0;  // 0 to 1
};

// Sends one file through ImportService, once for each target of the mapping: maps rows, keeps a few requests on their
// way, goes on where an earlier run stopped, and tries again for a minute when the server is away. The import's id
// derives from file, mapping and target. Returns one finished import per target.
absl::StatusOr<std::vector<kontor::ingest::v1::Import>> ImportFile(
    const Session& session, const std::string& path, const kontor::ingest::v1::ImportMapping& mapping,
    const std::function<void(const ImportStanding&)>& progress);

// A mapping file, checked for unknown keys.
absl::StatusOr<kontor::ingest::v1::ImportMapping> LoadMapping(const std::string& path);

}  // namespace kontor::ctl
