#pragma once

#include "absl/strings/string_view.h"

namespace kontor::ingest {

// What must not stand in opaque ids and free text.
enum class PersonalData { kNone, kEmail, kPhone, kCardNumber };

// Finds an e-mail address, an international telephone number ("+" and 8 to 15 digits, spaces and hyphens between) or a
// payment card number (13 to 19 digits, first 2 to 6, Luhn sum) in `text`.
PersonalData FindPersonalData(absl::string_view text);

}  // namespace kontor::ingest
