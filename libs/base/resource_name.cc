#include "libs/base/resource_name.h"

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "libs/base/status.h"

namespace kontor::base {
namespace {

constexpr size_t kMaxIdBytes = 200;

// Bytes of the sequence that `lead` starts, 0 when it starts none.
int SequenceLength(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  if (lead >= 0xf0 && lead <= 0xf4) return 4;
  return 0;
}

// The second byte's range excludes overlong forms, surrogates and what lies beyond U+10FFFF.
bool SecondByteOk(unsigned char lead, unsigned char second) {
  switch (lead) {
    case 0xe0:
      return second >= 0xa0 && second <= 0xbf;
    case 0xed:
      return second >= 0x80 && second <= 0x9f;
    case 0xf0:
      return second >= 0x90 && second <= 0xbf;
    case 0xf4:
      return second >= 0x80 && second <= 0x8f;
    default:
      return second >= 0x80 && second <= 0xbf;
  }
}

}  // namespace

bool IsShopId(absl::string_view id) {
  if (id.empty() || id.size() > 63 || !absl::ascii_islower(id[0])) return false;
  for (const char c : id) {
    if (!absl::ascii_islower(c) && !absl::ascii_isdigit(c) && c != '-') return false;
  }
  return true;
}

absl::Status CheckId(absl::string_view id) {
  if (id.empty()) return absl::InvalidArgumentError("the id is empty; give one");
  if (id.size() > kMaxIdBytes) return absl::InvalidArgumentError("the id is longer than 200 bytes; shorten it");
  if (!IsValidUtf8(id)) return absl::InvalidArgumentError("the id is not valid UTF-8; encode it as UTF-8");
  for (const char c : id) {
    if (absl::ascii_iscntrl(c)) {
      return absl::InvalidArgumentError(
          absl::StrCat("the id \"", absl::CHexEscape(id), "\" holds a control character; remove it"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ShopOfName(absl::string_view name) {
  absl::string_view rest = name;
  if (absl::ConsumePrefix(&rest, "shops/")) {
    const absl::string_view shop = rest.substr(0, rest.find('/'));
    if (IsShopId(shop)) return std::string(shop);
  }
  return Error(
      absl::StatusCode::kInvalidArgument, "INVALID_RESOURCE_NAME",
      absl::StrCat("\"", absl::CHexEscape(name.substr(0, 80)), "\" is not a resource name; write shops/{shop}"));
}

bool IsValidUtf8(absl::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const int length = SequenceLength(lead);
    if (length == 0 || i + length > text.size()) return false;
    if (length > 1 && !SecondByteOk(lead, static_cast<unsigned char>(text[i + 1]))) return false;
    for (int k = 2; k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if (next < 0x80 || next > 0xbf) return false;
    }
    i += length;
  }
  return true;
}

}  // namespace kontor::base
