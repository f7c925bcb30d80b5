#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/domain/search/engine.h"

namespace kontor::search {

// Where the next page begins, bound to the request that it goes on with. Not secret, and of no use for anything else.
std::string FormatPageToken(const Cursor& cursor, uint64_t request_hash);
// INVALID_ARGUMENT for a text that FormatPageToken did not print for a request of this hash.
absl::StatusOr<Cursor> ParsePageToken(absl::string_view text, uint64_t request_hash);

}  // namespace kontor::search
