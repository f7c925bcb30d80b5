#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/platform/postgres/pool.h"
#include "libs/platform/postgres/transaction.h"
#include "services/recommendations/order_rows.h"

// People who asked to be forgotten. Of them remains a tombstone: StableHash of the token and the time up to which
// nothing of theirs is taken, however often the log is read again. What they do later starts anew.
namespace kontor::recommendations {

class Tombstones {
 public:
  void Add(absl::string_view shop, uint64_t person, absl::Time erased_at) {
    by_person_[{std::string(shop), person}] = erased_at;
  }
  // Up to when what the person of this token did is to be forgotten; InfinitePast for nobody's tombstone.
  absl::Time Until(absl::string_view shop, absl::string_view token) const;
  bool Cover(absl::string_view shop, absl::string_view token, absl::Time at) const { return at <= Until(shop, token); }

 private:
  std::map<std::pair<std::string, uint64_t>, absl::Time> by_person_;
};

// The tombstones of those people. Call it before anything of theirs is written: until the transaction ends, erasures
// wait, so that none can be overtaken by what was read before it.
absl::StatusOr<Tombstones> ReadTombstones(postgres::Transaction& transaction, const SubjectSet& subjects);

struct Erasure {
  std::string shop;
  std::vector<std::string> subjects;  // tokens: who asked, and the visitor that the request names
  absl::Time until;
};

// Forgets them and every visitor that belongs to them, in all tables of the schema: orders and what became of answers
// lose their subject (revenue, what goes together and how answers did stay), the rest of up to that time goes; leaves
// tombstones. Returns whom caches must forget. Milliseconds; other writers wait meanwhile.
absl::StatusOr<SubjectSet> Erase(postgres::Transaction& transaction, const Erasure& erasure);

struct StoredTombstone {
  std::string shop;
  uint64_t person = 0;
  absl::Time erased_at;
  int64_t number = 0;
};

// Those with a number above `after`, ascending: none that commits later has a smaller one.
absl::StatusOr<std::vector<StoredTombstone>> ReadTombstonesAfter(postgres::Pool& pool, int64_t after);

// The newest number of a shop; 0 where nobody was forgotten.
absl::StatusOr<int64_t> NewestErasure(postgres::Pool& pool, absl::string_view shop);

}  // namespace kontor::recommendations
