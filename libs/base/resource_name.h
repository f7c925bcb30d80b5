#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace kontor::base {

// Resource names after AIP-122: shops/{shop}/products/{product}.

// A shop's id: 1 to 63 of a-z, 0-9 and '-', first a letter.
bool IsShopId(absl::string_view id);

// An id as a shop sends it (product, order, customer): 1 to 200 bytes of valid UTF-8 without control characters.
// OK, or a sentence that says what is wrong with it.
absl::Status CheckId(absl::string_view id);

// The shop of "shops/{shop}" or of any name below it; INVALID_ARGUMENT otherwise.
absl::StatusOr<std::string> ShopOfName(absl::string_view name);

// True for well-formed UTF-8 (no surrogates, no overlong forms, at most U+10FFFF).
bool IsValidUtf8(absl::string_view text);

}  // namespace kontor::base
