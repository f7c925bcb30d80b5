#pragma once

#include "absl/status/statusor.h"
#include "libs/domain/analytics/query.h"
#include "libs/domain/analytics/store.h"

namespace kontor::analytics {

// Validates, plans, scans and builds. The answer owns all it holds.
absl::StatusOr<QueryResult> Execute(const Store& store, const Query& query);

}  // namespace kontor::analytics
