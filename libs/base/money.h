#pragma once

#include <cstdint>
#include <string>

#include "absl/numeric/int128.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace kontor::base {

// An exact decimal in units of 10^-9: amounts of money without their currency, and quantities.
// The range of one value is that of int64 nanos (about +-9.2 billion units); sums are kept in absl::int128.
struct Decimal {
  int64_t nanos = 0;

  static constexpr int64_t kOne = 1'000'000'000;

  // Reads "-12.345" exactly: an optional sign, digits, at most nine decimals, an optional exponent of the kind a
  // double prints ("1e-05"). INVALID_ARGUMENT for anything else (NaN, Inf, spaces), OUT_OF_RANGE beyond the range.
  static absl::StatusOr<Decimal> Parse(absl::string_view text);
  // From google.type.Money's or kontor.type.v1.Decimal's parts; INVALID_ARGUMENT when signs differ or |nanos| >= 10^9.
  static absl::StatusOr<Decimal> FromParts(int64_t units, int32_t nanos);

  int64_t units() const { return nanos / kOne; }
  int32_t fraction() const { return static_cast<int32_t>(nanos % kOne); }

  friend bool operator==(Decimal a, Decimal b) { return a.nanos == b.nanos; }
  friend bool operator<(Decimal a, Decimal b) { return a.nanos < b.nanos; }
};

// All digits that matter and no more: "-12.345", "7". At least `decimals` decimals are printed.
std::string FormatDecimal(absl::int128 nanos, int decimals = 0);

// For display: rounded half away from zero to `decimals` (0 to 9), thousands grouped by commas: "9,747,747.93".
std::string FormatRounded(absl::int128 nanos, int decimals);

// a * b rounded half away from zero to nanos; OUT_OF_RANGE when it does not fit.
absl::StatusOr<Decimal> Multiply(Decimal a, Decimal b);

// True for three upper-case letters that ISO 4217 assigns to a currency in use.
bool IsCurrency(absl::string_view code);

}  // namespace kontor::base
