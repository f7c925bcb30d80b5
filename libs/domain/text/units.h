#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace kontor::text {

// A unit as people write it. Nothing is converted: an inch stays an inch.
struct Unit {
  absl::string_view symbol;  // behind the number of a canonical measure: "gal"
  absl::string_view name;    // the word it is searched by: "gallon"
};

// The unit of a word behind a number: "gal", "gallons", "GAL" (folded). Null: none. `attached`: letters that are words
// or articles of their own ("a", "k") count only where nothing, or a hyphen, stands between them and the number.
const Unit* FindUnit(absl::string_view word, bool attached);
// "square" and "foot", "cu" and "ft", "fl" and "oz". Null: none.
const Unit* FindUnit(absl::string_view first, absl::string_view second);

// The long name of a unit's form that means nothing else, even without a number: "ft" and "feet" are "foot"; "in" is
// not "inch". Empty: none.
absl::string_view LongUnitName(absl::string_view word);

}  // namespace kontor::text
