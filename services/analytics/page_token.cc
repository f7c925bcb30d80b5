#include "services/analytics/page_token.h"

#include <array>
#include <cstring>

#include "absl/strings/escaping.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"

namespace kontor::analytics {
namespace {

// request_hash, digest, as_of in microseconds, offset, and a hash of them that finds broken tokens.
using Words = std::array<uint64_t, 5>;

uint64_t Checksum(const Words& words) {
  return base::StableHash(absl::string_view(reinterpret_cast<const char*>(words.data()), 4 * sizeof(uint64_t)));
}

}  // namespace

std::string EncodePageToken(const PageToken& token) {
  Words words = {token.request_hash, token.digest, static_cast<uint64_t>(absl::ToUnixMicros(token.as_of)),
                 static_cast<uint64_t>(token.offset), 0};
  words[4] = Checksum(words);
  return absl::WebSafeBase64Escape(
      absl::string_view(reinterpret_cast<const char*>(words.data()), words.size() * sizeof(uint64_t)));
}

absl::StatusOr<PageToken> DecodePageToken(absl::string_view text, uint64_t request_hash) {
  std::string bytes;
  Words words = {};
  const bool readable = absl::WebSafeBase64Unescape(text, &bytes) && bytes.size() == sizeof(words);
  if (readable) std::memcpy(words.data(), bytes.data(), sizeof(words));
  if (!readable || words[4] != Checksum(words) || words[0] != request_hash) {
    return base::Error(absl::StatusCode::kInvalidArgument, kReasonPageTokenInvalid,
                       "page_token belongs to another question; send the request that gave it with nothing but "
                       "page_token, page_size and read_after changed, or leave page_token out to start again");
  }
  return PageToken{words[0], words[1], absl::FromUnixMicros(static_cast<int64_t>(words[2])),
                   static_cast<int64_t>(words[3])};
}

}  // namespace kontor::analytics
