#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/domain/search/engine.h"

namespace kontor::search {

// Where the next page begins, and the effort that the pages before were asked with: with another one products would
// change places between pages.
struct PagePlace {
  Cursor cursor;
  Effort effort = Effort::kLearned;
};

// Bound to the request that it goes on with. Not secret, and of no use for anything else.
std::string FormatPageToken(const PagePlace& place, uint64_t request_hash);
// INVALID_ARGUMENT for a text that FormatPageToken did not print for a request of this hash.
absl::StatusOr<PagePlace> ParsePageToken(absl::string_view text, uint64_t request_hash);

}  // namespace kontor::search
