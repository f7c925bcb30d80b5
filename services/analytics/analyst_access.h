#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/platform/fleet/fleet.h"
#include "libs/platform/postgres/pool.h"

namespace kontor::analytics {

// The role that may read a shop's rows through schema sql_v1: "kontor_analyst_" and the shop's id with '_' for '-'; ids
// too long for PostgreSQL's 63 bytes end in eight digits of their hash instead. Different shops have different roles.
std::string AnalystRole(absl::string_view shop);

// Makes each shop's role (NOLOGIN; operators grant it to people), lets it read the views of schema sql_v1 and nothing
// else, and enters the shops into analytics.shops. Idempotent; concurrent callers wait for each other. Roles belong to
// the whole PostgreSQL server, not to one database. PERMISSION_DENIED when a role is missing and the service's user may
// not create roles: nothing is changed, an operator creates it.
absl::Status EnsureAnalystAccess(postgres::Pool& pool, absl::Span<const fleet::Shop> shops);

}  // namespace kontor::analytics
