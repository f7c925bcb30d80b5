#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/platform/postgres/pool.h"

namespace kontor::postgres {

struct Migration {
  int number = 0;    // 1, 2, 3, … without gaps
  std::string name;  // "0001_init"
  std::string sql;   // any number of statements; names without a schema mean the one that is migrated
};

// Brings `schema` (created when missing) to the last of `migrations`. Each runs once, in its own transaction, with
// search_path set to the schema, and is recorded in <schema>.migrations with its SHA-256; concurrent callers wait for
// each other on an advisory lock. `component` tells apart several series in one schema.
// FAILED_PRECONDITION, nothing done: numbers with a gap (MIGRATION_GAP), an applied one whose text has changed
// (MIGRATION_CHANGED). A schema that is ahead of the program is accepted: version N-1 runs against schema N.
absl::Status Migrate(Pool& pool, absl::string_view schema, absl::Span<const Migration> migrations,
                     absl::string_view component = "service");

}  // namespace kontor::postgres
