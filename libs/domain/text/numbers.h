#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace kontor::text {

// A number as it stands in a text, and as it is searched for.
struct ParsedNumber {
  std::string canonical;  // "0.75", "1000", "2.5"; digits of a whole number stay as they are ("007")
  size_t end = 0;         // behind its last byte
  bool whole = false;     // without fraction or point
};

// The number that begins at `begin`, a digit or a point before one: "12", "1,000", "1.50", ".5", "3/4", "1-1/2", "1
// 1/2". A fraction is below one, its denominator a power of two up to 64 or 3, 5, 6, 10, 12; at most four digits stand
// behind the point of the canonical form. `decimal_comma`: "1,5" is one and a half and "1.000" a thousand.
ParsedNumber ParseNumber(absl::string_view text, size_t begin, bool decimal_comma);

}  // namespace kontor::text
