#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace kontor::postgres {

// The status for a SQLSTATE, after the table in pool.h. `message` is PostgreSQL's.
absl::Status StatusOfSqlState(absl::string_view sql_state, absl::string_view message);

// Translates the exception that is being handled (call it from a catch block).
absl::Status StatusOfCurrentException(bool connection_is_open);

}  // namespace kontor::postgres
