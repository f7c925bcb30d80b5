#include "libs/platform/postgres/text_format.h"

#include <array>
#include <charconv>
#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/time/civil_time.h"

namespace kontor::postgres {
namespace {

constexpr char kHex[] = "0123456789abcdef";

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// Reads decimal digits at the start of `text` and removes them.
std::optional<int64_t> TakeNumber(absl::string_view& text) {
  int64_t value = 0;
  size_t n = 0;
  for (; n < text.size() && absl::ascii_isdigit(static_cast<unsigned char>(text[n])) && n < 18; ++n) {
    value = value * 10 + (text[n] - '0');
  }
  if (n == 0) return std::nullopt;
  text.remove_prefix(n);
  return value;
}

bool TakeChar(absl::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<absl::Duration> TakeFraction(absl::string_view& text) {
  if (!TakeChar(text, '.')) return absl::ZeroDuration();
  const size_t before = text.size();
  const std::optional<int64_t> digits = TakeNumber(text);
  if (!digits) return std::nullopt;
  int64_t micros = *digits;
  for (size_t n = before - text.size(); n < 6; ++n) micros *= 10;
  return absl::Microseconds(micros);
}

}  // namespace

void AppendBytes(std::string& out, absl::string_view bytes) {
  const size_t begin = out.size();
  out.resize(begin + 2 + 2 * bytes.size());
  char* to = out.data() + begin;
  *to++ = '\\';
  *to++ = 'x';
  for (char c : bytes) {
    *to++ = kHex[static_cast<unsigned char>(c) >> 4];
    *to++ = kHex[static_cast<unsigned char>(c) & 15];
  }
}

void AppendTime(std::string& out, absl::Time time) {
  if (time == absl::InfiniteFuture()) {
    out.append("infinity");
  } else if (time == absl::InfinitePast()) {
    out.append("-infinity");
  } else {
    out.append(absl::FormatTime("%Y-%m-%d %H:%M:%E6S+00", time, absl::UTCTimeZone()));
  }
}

std::string FormatDouble(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  std::array<char, 32> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return std::string(buffer.data(), end);
}

std::optional<std::string> ParseBytes(absl::string_view text) {
  if (text.size() < 2 || text.size() % 2 != 0 || text[0] != '\\' || text[1] != 'x') return std::nullopt;
  std::string out(text.size() / 2 - 1, '\0');
  for (size_t i = 0; i < out.size(); ++i) {
    const int high = HexDigit(text[2 * i + 2]), low = HexDigit(text[2 * i + 3]);
    if (high < 0 || low < 0) return std::nullopt;
    out[i] = static_cast<char>(high << 4 | low);
  }
  return out;
}

std::optional<absl::Time> ParseTime(absl::string_view text) {
  if (text == "infinity") return absl::InfiniteFuture();
  if (text == "-infinity") return absl::InfinitePast();
  int64_t parts[6];
  constexpr char kAfter[] = "-- ::";
  for (int i = 0; i < 6; ++i) {
    const std::optional<int64_t> part = TakeNumber(text);
    if (!part || (i < 5 && !TakeChar(text, kAfter[i]))) return std::nullopt;
    parts[i] = *part;
  }
  const std::optional<absl::Duration> fraction = TakeFraction(text);
  if (!fraction || text != "+00") return std::nullopt;
  const absl::CivilSecond second(parts[0], parts[1], parts[2], parts[3], parts[4], parts[5]);
  return absl::FromCivil(second, absl::UTCTimeZone()) + *fraction;
}

std::optional<absl::int128> ParseNumeric(absl::string_view text) {
  const bool negative = TakeChar(text, '-');
  absl::int128 nanos = 0;
  int decimals = -1;
  int digits = 0;
  for (char c : text) {
    if (c == '.' && decimals < 0) {
      decimals = 0;
      continue;
    }
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return std::nullopt;
    if (decimals == 9) continue;
    if (++digits > 37) return std::nullopt;
    nanos = nanos * 10 + (c - '0');
    if (decimals >= 0) ++decimals;
  }
  if (digits == 0) return std::nullopt;
  for (int i = decimals < 0 ? 0 : decimals; i < 9; ++i) nanos *= 10;
  return negative ? -nanos : nanos;
}

}  // namespace kontor::postgres
