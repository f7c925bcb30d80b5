#include "services/ingest/personal_data.h"

#include <string>

#include "absl/strings/ascii.h"

namespace kontor::ingest {
namespace {

// Luhn's sum (ISO/IEC 7812-1, annex B).
bool LuhnOk(absl::string_view digits) {
  int sum = 0;
  bool twice = false;
  for (auto it = digits.rbegin(); it != digits.rend(); ++it, twice = !twice) {
    int d = *it - '0';
    if (twice && (d *= 2) > 9) d -= 9;
    sum += d;
  }
  return sum % 10 == 0;
}

bool IsEmailChar(char c) { return absl::ascii_isalnum(c) || c == '.' || c == '-' || c == '_' || c == '+'; }

bool HasEmail(absl::string_view text) {
  for (size_t at = text.find('@'); at != absl::string_view::npos; at = text.find('@', at + 1)) {
    if (at == 0 || !IsEmailChar(text[at - 1])) continue;
    size_t end = at + 1;
    size_t dot = 0;
    while (end < text.size() && IsEmailChar(text[end])) {
      if (text[end] == '.' && end > at + 1) dot = end;
      ++end;
    }
    if (dot != 0 && dot + 2 < end) return true;
  }
  return false;
}

// Runs of digits with single spaces or hyphens between them.
PersonalData FindNumbers(absl::string_view text) {
  for (size_t i = 0; i < text.size();) {
    if (!absl::ascii_isdigit(text[i])) {
      ++i;
      continue;
    }
    const bool plus = i > 0 && text[i - 1] == '+';
    const bool inside_word = i > 0 && (absl::ascii_isalnum(text[i - 1]) || text[i - 1] == '_');
    std::string digits;
    while (i < text.size()) {
      if (absl::ascii_isdigit(text[i])) {
        digits.push_back(text[i++]);
      } else if ((text[i] == ' ' || text[i] == '-') && i + 1 < text.size() && absl::ascii_isdigit(text[i + 1])) {
        ++i;
      } else {
        break;
      }
    }
    if (plus && digits.size() >= 8 && digits.size() <= 15) return PersonalData::kPhone;
    if (!inside_word && digits.size() >= 13 && digits.size() <= 19 && digits[0] >= '2' && digits[0] <= '6' &&
        LuhnOk(digits)) {
      return PersonalData::kCardNumber;
    }
  }
  return PersonalData::kNone;
}

}  // namespace

PersonalData FindPersonalData(absl::string_view text) {
  if (HasEmail(text)) return PersonalData::kEmail;
  return FindNumbers(text);
}

}  // namespace kontor::ingest
