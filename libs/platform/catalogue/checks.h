#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

// What decoding refuses: INVALID_ARGUMENT with VALUE_INVALID and the field's name.
namespace kontor::catalogue {

constexpr char kReasonValueInvalid[] = "VALUE_INVALID";  // an id, a revision, a number or a text that intake refuses

absl::Status InvalidField(absl::string_view field, absl::string_view what);
absl::Status CheckRecordId(absl::string_view field, const std::string& id);
// Only what the database and the separators of its lists can hold.
absl::Status CheckRecordText(absl::string_view field, const std::string& text);
absl::Status CheckRecordRevision(int64_t revision);

}  // namespace kontor::catalogue
