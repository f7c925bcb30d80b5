#include "libs/base/subject.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "libs/base/hash.h"

namespace kontor::base {

std::string SubjectToken(absl::string_view secret, absl::string_view shop, SubjectKind kind, absl::string_view id) {
  if (id.empty()) return "";
  const std::string letter(1, static_cast<char>(kind));
  const std::string mac = HmacSha256(secret, absl::StrCat(shop, "/", letter, "/", id));
  return absl::StrCat(letter, "-", absl::WebSafeBase64Escape(mac.substr(0, 16)));
}

}  // namespace kontor::base
