#pragma once

#include <optional>
#include <string>

#include "absl/numeric/int128.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace kontor::postgres {

// PostgreSQL's text forms of values (bytea_output hex, DateStyle ISO, TimeZone UTC), both ways.

void AppendBytes(std::string& out, absl::string_view bytes);  // \x0a1b…
void AppendTime(std::string& out, absl::Time time);           // 2011-12-09 12:50:00.123456+00; infinity
std::string FormatDouble(double value);                       // shortest that reads back the same; NaN, Infinity

// nullopt for anything that PostgreSQL would not print.
std::optional<std::string> ParseBytes(absl::string_view text);
std::optional<absl::Time> ParseTime(absl::string_view text);
std::optional<absl::int128> ParseNumeric(absl::string_view text);  // in nanos, digits beyond the ninth cut off

}  // namespace kontor::postgres
