#include "libs/platform/log/position.h"

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace kontor::log {
namespace {

// Digits without a sign or a leading zero.
template <typename Number>
bool ReadNumber(absl::string_view text, Number* value) {
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return false;
  for (char c : text) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return false;
  }
  return absl::SimpleAtoi(text, value);
}

}  // namespace

std::string FormatPosition(const Position& position) {
  return absl::StrCat(position.topic, "/", position.partition, "@", position.offset);
}

absl::StatusOr<Position> ParsePosition(absl::string_view text) {
  const size_t at = text.rfind('@');
  const size_t slash = at == absl::string_view::npos ? at : text.rfind('/', at);
  Position position;
  if (slash == absl::string_view::npos || !IsTopicName(text.substr(0, slash)) ||
      !ReadNumber(text.substr(slash + 1, at - slash - 1), &position.partition) ||
      !ReadNumber(text.substr(at + 1), &position.offset)) {
    return base::Error(absl::StatusCode::kInvalidArgument, "MALFORMED_POSITION",
                       "not a log position; it looks like orders/3@1234");
  }
  position.topic = std::string(text.substr(0, slash));
  return position;
}

bool IsTopicName(absl::string_view name) {
  if (name.empty() || name.size() > 100) return false;
  for (char c : name) {
    const bool ok = absl::ascii_islower(static_cast<unsigned char>(c)) ||
                    absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == '_';
    if (!ok) return false;
  }
  return true;
}

}  // namespace kontor::log
