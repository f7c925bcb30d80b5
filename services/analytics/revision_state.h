#pragma once

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "libs/domain/analytics/facts.h"

namespace kontor::analytics {

// What a key of the durable view stands at while a batch is worked through, by the rule of facts.h: the highest
// revision counts; of the same revision the first. Not thread-safe.
template <typename Fact>
struct RevisionState {
  bool stored = false;  // a row exists, at this revision
  int64_t revision = -1;
  uint64_t fingerprint = 0;
  const Fact* winner = nullptr;  // what the batch puts in its place; null: nothing

  void Load(int64_t stored_revision, uint64_t stored_fingerprint) {
    stored = true;
    revision = stored_revision;
    fingerprint = stored_fingerprint;
  }

  Outcome Offer(const Fact& fact) {
    if (fact.revision < revision) return Outcome::kStale;
    if (fact.revision == revision) {
      return fact.fingerprint == fingerprint ? Outcome::kDuplicate : Outcome::kConflict;
    }
    revision = fact.revision;
    fingerprint = fact.fingerprint;
    winner = &fact;
    return Outcome::kApplied;
  }
};

// The sentence in a dead letter.
inline std::string ConflictText(absl::string_view what, absl::string_view id, int64_t revision) {
  return absl::StrCat("revision ", revision, " of ", what, " \"", id,
                      "\" stands with other content; the first stays, send a correction under a higher revision");
}

}  // namespace kontor::analytics
