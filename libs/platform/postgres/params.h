#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

namespace kontor::postgres {

// The parameters $1, $2, … of one statement, in order. They travel beside the SQL in PostgreSQL's text format and are
// never spliced into it. Where the server cannot infer a type (unnest, comparisons of two parameters), the SQL
// casts: `unnest($1::text[], $2::int8[])`. Text that holds a NUL byte makes the statement INVALID_ARGUMENT.
// Times are truncated to microseconds; the infinite ones become 'infinity' and '-infinity'. Not thread-safe.
class Params {
 public:
  Params& Text(absl::string_view value);
  Params& Int64(int64_t value);
  Params& Double(double value);
  Params& Bool(bool value);
  Params& Bytes(absl::string_view value);  // bytea
  Params& Time(absl::Time value);          // timestamptz
  Params& Numeric(absl::int128 nanos);     // numeric, exact: 1'500'000'000 is 1.5
  Params& Null();
  Params& OptionalText(const std::optional<std::string>& value);
  Params& OptionalInt64(std::optional<int64_t> value);
  Params& OptionalTime(std::optional<absl::Time> value);
  Params& OptionalNumeric(std::optional<absl::int128> nanos);

  // Arrays, for statements over many rows: `INSERT … SELECT * FROM unnest($1::text[], …)`.
  Params& TextArray(absl::Span<const std::string> values);
  Params& Int64Array(absl::Span<const int64_t> values);
  Params& DoubleArray(absl::Span<const double> values);
  Params& BoolArray(const std::vector<bool>& values);
  Params& BytesArray(absl::Span<const std::string> values);
  Params& BytesArray(absl::Span<const absl::string_view> values);
  Params& TimeArray(absl::Span<const absl::Time> values);
  Params& NumericArray(absl::Span<const absl::int128> nanos);
  Params& OptionalTextArray(absl::Span<const std::optional<std::string>> values);
  Params& OptionalInt64Array(absl::Span<const std::optional<int64_t>> values);
  Params& OptionalTimeArray(absl::Span<const std::optional<absl::Time>> values);
  Params& OptionalNumericArray(absl::Span<const std::optional<absl::int128>> nanos);

  // What is sent; nullopt is NULL.
  const std::vector<std::optional<std::string>>& values() const { return values_; }

 private:
  std::vector<std::optional<std::string>> values_;
};

}  // namespace kontor::postgres
