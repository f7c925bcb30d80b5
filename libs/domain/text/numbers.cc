#include "libs/domain/text/numbers.h"

#include <cmath>
#include <cstdint>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "libs/domain/text/unicode.h"

namespace kontor::text {
namespace {

constexpr size_t kDigitsMax = 32;

size_t SkipDigits(absl::string_view text, size_t at) {
  while (at < text.size() && IsDigit(text[at])) ++at;
  return at;
}

int Small(absl::string_view digits) {
  int value = 0;
  return digits.size() <= 3 && absl::SimpleAtoi(digits, &value) ? value : -1;
}

// Ten-thousandths of a fraction at `at`, and its end; 0: none there.
int Fraction(absl::string_view text, size_t at, size_t& end) {
  const size_t slash = SkipDigits(text, at);
  if (slash == at || slash + 1 >= text.size() || text[slash] != '/') return 0;
  end = SkipDigits(text, slash + 1);
  if (end < text.size() && text[end] == '/') return 0;  // a date
  const int above = Small(text.substr(at, slash - at)), below = Small(text.substr(slash + 1, end - slash - 1));
  if (above <= 0 || below <= above || below > 64) return 0;
  const bool power = (below & (below - 1)) == 0;
  if (!power && below != 3 && below != 5 && below != 6 && below != 10 && below != 12) return 0;
  return static_cast<int>(std::lround(10'000.0 * above / below));
}

std::string WithFraction(absl::string_view whole, int ten_thousandths) {
  std::string text = absl::StrCat(whole.empty() ? "0" : whole, absl::StrFormat(".%04d", ten_thousandths));
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

// Groups of three behind `mark`: "1,000,000". The digits without marks; empty: no such groups.
std::string Grouped(absl::string_view text, size_t begin, char mark, size_t& end) {
  size_t at = SkipDigits(text, begin);
  if (at == begin || at - begin > 3) return {};
  std::string digits(text.substr(begin, at - begin));
  bool grouped = false;
  while (at < text.size() && text[at] == mark) {
    const size_t next = SkipDigits(text, at + 1);
    if (next - at != 4) break;
    absl::StrAppend(&digits, text.substr(at + 1, 3));
    at = next;
    grouped = true;
  }
  if (!grouped || digits[0] == '0') return {};
  end = at;
  return digits;
}

// Digits behind a point rounded to four places, half up; carried into the digits before it.
std::string Decimal(absl::string_view whole, absl::string_view places) {
  whole = whole.substr(0, kDigitsMax);
  places = places.substr(0, kDigitsMax);
  if (places.size() <= 4 || whole.size() > 15) {
    std::string text = absl::StrCat(whole.empty() ? "0" : whole, ".", places);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
    return text;
  }
  int64_t units = 0;
  int parts = 0;
  (void)absl::SimpleAtoi(whole.empty() ? "0" : whole, &units);
  (void)absl::SimpleAtoi(places.substr(0, 4), &parts);
  if (places[4] >= '5' && ++parts == 10'000) {
    ++units;
    parts = 0;
  }
  return WithFraction(absl::StrCat(units), parts);
}

}  // namespace

ParsedNumber ParseNumber(absl::string_view text, size_t begin, bool decimal_comma) {
  ParsedNumber number;
  if (const int parts = Fraction(text, begin, number.end); parts > 0) {
    number.canonical = WithFraction("", parts);
    return number;
  }
  const char point = decimal_comma ? ',' : '.', group = decimal_comma ? '.' : ',';
  number.end = SkipDigits(text, begin);
  std::string whole = Grouped(text, begin, group, number.end);
  if (whole.empty()) whole = std::string(text.substr(begin, number.end - begin));
  const size_t at = number.end;
  if (at + 1 < text.size() && (text[at] == ' ' || text[at] == '-') && IsDigit(text[at + 1]) && !whole.empty()) {
    size_t end = 0;
    if (const int parts = Fraction(text, at + 1, end); parts > 0 && whole.size() <= 4) {
      return {.canonical = WithFraction(whole, parts), .end = end, .whole = false};
    }
  }
  if (at + 1 < text.size() && (text[at] == point || (text[at] == '.' && whole.empty())) && IsDigit(text[at + 1])) {
    const size_t end = SkipDigits(text, at + 1);
    const bool version =
        !whole.empty() && end + 1 < text.size() && text[end] == '.' && IsDigit(text[end + 1]);  // "1.2.3"
    if (!version) return {.canonical = Decimal(whole, text.substr(at + 1, end - at - 1)), .end = end, .whole = false};
  }
  number.canonical = whole.substr(0, kDigitsMax);
  number.whole = true;
  return number;
}

}  // namespace kontor::text
