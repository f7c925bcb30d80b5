#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace kontor::analytics {

// Where a walk through an answer stands. Any replica can go on with it: it works the answer out again as of the same
// time, and the digest tells whether that is the same answer.
struct PageToken {
  uint64_t request_hash = 0;  // of the request without its page fields: a token fits no other question
  uint64_t digest = 0;        // RowsDigest of the answer
  absl::Time as_of;
  int64_t offset = 0;  // the next row
};

constexpr char kReasonPageTokenInvalid[] = "PAGE_TOKEN_INVALID";
constexpr char kReasonPageTokenExpired[] = "PAGE_TOKEN_EXPIRED";

// URL-safe text of 54 characters. Not secret and not signed: it opens nothing that the question does not.
std::string EncodePageToken(const PageToken& token);
// INVALID_ARGUMENT (PAGE_TOKEN_INVALID) unless EncodePageToken made it for this request.
absl::StatusOr<PageToken> DecodePageToken(absl::string_view text, uint64_t request_hash);

}  // namespace kontor::analytics
