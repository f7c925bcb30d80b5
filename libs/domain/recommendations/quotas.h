#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "libs/domain/recommendations/rerank.h"

namespace kontor::recommendations {

// How full an answer is by variant group, category and the caps of its rules. Borrows. Not thread-safe.
class Quotas {
 public:
  explicit Quotas(const RerankOptions& options);

  // Why the item does not fit; nothing when it does.
  std::optional<Hindrance> Refusal(ItemId item) const;
  // The item enters (1) or leaves (-1) the answer.
  void Count(ItemId item, int by);

 private:
  struct Full {
    uint32_t rule;
    Cap cap;
    absl::flat_hash_map<Term, int> taken;
  };
  bool Concerns(const Full& cap, ItemId item) const;
  Term GroupOf(ItemId item) const;
  Term CategoryOf(ItemId item) const;
  Term KeyOf(Cap::Per per, ItemId item) const;

  const RerankOptions& options_;
  absl::flat_hash_map<Term, ItemId> groups_;
  absl::flat_hash_map<Term, int> categories_;
  std::vector<Full> caps_;
};

}  // namespace kontor::recommendations
