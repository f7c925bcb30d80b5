#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace kontor::base {

// What a subject token stands for; its letter is the token's first.
enum class SubjectKind : char { kCustomer = 'c', kVisitor = 'v', kSession = 's', kDevice = 'd' };

// "c-" and 22 characters of URL-safe base64: HMAC-SHA-256 over (shop, kind, id), cut to 128 bits, under a secret that
// never rotates. "" for an empty id. The same person always gets the same token; without the secret nobody can tell
// who.
std::string SubjectToken(absl::string_view secret, absl::string_view shop, SubjectKind kind, absl::string_view id);

}  // namespace kontor::base
