#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/platform/opensearch/client.h"

namespace kontor::opensearch {

// Sends NDJSON actions to an alias, which must exist: an index is never made by a write. One status an action, in their
// order, with the codes of Client::Send; 404 of an update is NOT_FOUND. An error of the whole call is the call's.
absl::StatusOr<std::vector<absl::Status>> Bulk(const Client& client, absl::string_view alias, absl::string_view actions,
                                               absl::Time deadline);

}  // namespace kontor::opensearch
