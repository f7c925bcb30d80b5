#pragma once

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace kontor::catalogue {

// Where one key stands while a batch is worked through: the highest revision counts, of the same revision the first
// content on the log. Not thread-safe.
template <typename Content>
struct RevisionState {
  int64_t revision = -1;
  uint64_t fingerprint = 0;
  const Content* winner = nullptr;  // what the batch puts in place of what is stored; null: nothing

  // False for another content of a revision that stands: it belongs to the dead letters.
  bool Offer(const Content& content) {
    if (content.revision < revision) return true;
    if (content.revision == revision) return content.fingerprint == fingerprint;
    revision = content.revision;
    fingerprint = content.fingerprint;
    winner = &content;
    return true;
  }
};

constexpr char kReasonRevisionConflict[] = "REVISION_CONFLICT";

// The sentence in a dead letter.
inline std::string ConflictText(absl::string_view what, absl::string_view id, int64_t revision) {
  return absl::StrCat("revision ", revision, " of ", what, " \"", id,
                      "\" stands with other content; the first stays, send a correction under a higher revision");
}

}  // namespace kontor::catalogue
