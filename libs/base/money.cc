#include "libs/base/money.h"

#include <algorithm>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace kontor::base {
namespace {

// ISO 4217:2015, active national currencies (amendments to 2025), four characters each.
constexpr absl::string_view kCurrencies =
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF "
    "CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG "
    "HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA "
    "MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD "
    "RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX "
    "USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG";

absl::Status NotDecimal(absl::string_view text) {
  return absl::InvalidArgumentError(
      absl::StrCat("\"", absl::CHexEscape(text.substr(0, 40)), "\" is not a decimal number; write it like 12.34"));
}

struct Digits {
  absl::string_view whole, decimals;
  int exponent = 0;
};

absl::StatusOr<Digits> Split(absl::string_view text) {
  Digits out;
  absl::string_view rest = text;
  if (const size_t e = rest.find_first_of("eE"); e != absl::string_view::npos) {
    if (!absl::SimpleAtoi(rest.substr(e + 1), &out.exponent) || out.exponent < -18 || out.exponent > 18) {
      return NotDecimal(text);
    }
    rest = rest.substr(0, e);
  }
  const size_t dot = rest.find('.');
  out.whole = rest.substr(0, dot);
  if (dot != absl::string_view::npos) out.decimals = rest.substr(dot + 1);
  const auto digits = [](absl::string_view s) { return std::all_of(s.begin(), s.end(), absl::ascii_isdigit); };
  if ((out.whole.empty() && out.decimals.empty()) || !digits(out.whole) || !digits(out.decimals)) {
    return NotDecimal(text);
  }
  return out;
}

}  // namespace

absl::StatusOr<Decimal> Decimal::Parse(absl::string_view text) {
  const bool negative = !text.empty() && text[0] == '-';
  ASSIGN_OR_RETURN(const Digits digits, Split(negative ? text.substr(1) : text));
  absl::int128 value = 0;
  const absl::int128 limit = std::numeric_limits<int64_t>::max();
  int scale = 9 + digits.exponent;
  for (const absl::string_view part : {digits.whole, digits.decimals}) {
    for (const char c : part) {
      value = value * 10 + (c - '0');
      if (value > limit * 1'000'000'000) return absl::OutOfRangeError(absl::StrCat(text, " is too large"));
    }
  }
  scale -= static_cast<int>(digits.decimals.size());
  for (; scale > 0 && value != 0; --scale) {
    value *= 10;
    if (value > limit * 1'000'000'000) return absl::OutOfRangeError(absl::StrCat(text, " is too large"));
  }
  for (; scale < 0 && value != 0; ++scale) {
    if (value % 10 != 0) {
      return absl::InvalidArgumentError(absl::StrCat(text, " has more than nine decimals; round it to nine"));
    }
    value /= 10;
  }
  if (value > limit) return absl::OutOfRangeError(absl::StrCat(text, " is too large"));
  const auto nanos = static_cast<int64_t>(value);
  return Decimal{negative ? -nanos : nanos};
}

absl::StatusOr<Decimal> Decimal::FromParts(int64_t units, int32_t nanos) {
  if (nanos <= -kOne || nanos >= kOne || (units > 0 && nanos < 0) || (units < 0 && nanos > 0)) {
    return absl::InvalidArgumentError(
        "units and nanos must have the same sign and |nanos| must be below 1,000,000,000");
  }
  const absl::int128 value = absl::int128(units) * kOne + nanos;
  if (value > std::numeric_limits<int64_t>::max() || value < -std::numeric_limits<int64_t>::max()) {
    return absl::OutOfRangeError("the amount is beyond the supported range of about 9.2 billion units");
  }
  return Decimal{static_cast<int64_t>(value)};
}

std::string FormatDecimal(absl::int128 nanos, int decimals) {
  const bool negative = nanos < 0;
  const absl::uint128 magnitude = negative ? absl::uint128(-nanos) : absl::uint128(nanos);
  std::string whole;
  absl::uint128 rest = magnitude / Decimal::kOne;
  do {
    whole.insert(whole.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
    rest /= 10;
  } while (rest != 0);
  std::string fraction = absl::StrCat(absl::Dec(static_cast<uint64_t>(magnitude % Decimal::kOne), absl::kZeroPad9));
  while (static_cast<int>(fraction.size()) > decimals && fraction.back() == '0') fraction.pop_back();
  return absl::StrCat(negative ? "-" : "", whole, fraction.empty() ? "" : ".", fraction);
}

std::string FormatRounded(absl::int128 nanos, int decimals) {
  absl::int128 step = 1;
  for (int i = decimals; i < 9; ++i) step *= 10;
  const absl::int128 half = nanos < 0 ? -(step / 2) : step / 2;
  std::string text = FormatDecimal((nanos + half) / step * step, decimals);
  size_t end = text.find('.');
  if (end == std::string::npos) end = text.size();
  const size_t first = text[0] == '-' ? 1 : 0;
  for (size_t i = end; i > first + 3; i -= 3) text.insert(i - 3, ",");
  return text;
}

absl::StatusOr<Decimal> Multiply(Decimal a, Decimal b) {
  const absl::int128 product = absl::int128(a.nanos) * b.nanos;
  const absl::int128 half = product < 0 ? -(Decimal::kOne / 2) : Decimal::kOne / 2;
  const absl::int128 value = (product + half) / Decimal::kOne;
  if (value > std::numeric_limits<int64_t>::max() || value < -std::numeric_limits<int64_t>::max()) {
    return absl::OutOfRangeError("the product is beyond the supported range of about 9.2 billion units");
  }
  return Decimal{static_cast<int64_t>(value)};
}

bool IsCurrency(absl::string_view code) {
  if (code.size() != 3) return false;
  for (size_t i = 0; i + 3 <= kCurrencies.size(); i += 4) {
    if (kCurrencies.substr(i, 3) == code) return true;
  }
  return false;
}

}  // namespace kontor::base
