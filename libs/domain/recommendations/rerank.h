#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"
#include "libs/domain/recommendations/eligibility.h"
#include "libs/domain/recommendations/item_facts.h"
#include "libs/domain/recommendations/rules.h"
#include "libs/domain/recommendations/types.h"

namespace kontor::recommendations {

struct Scored {
  ItemId item = 0;
  float score = 0;       // >= 0
  uint32_t row = kNone;  // in the candidates' table; kNone: no source nominated it
};

// New products are tried on the last places of an answer, so that the shop learns about them (epsilon of Kaelbling,
// Littman and Moore 1996). Of L places floor(share * L) are given to them, and one more with the remaining probability;
// who gets them is drawn from the pool without replacement, all alike, from the request's seed.
struct Exploration {
  double share = 0;  // 0 to 1
  // Those that are not eligible, that a source nominated or that do not fit beside what is ranked are passed over.
  absl::Span<const ItemId> pool;
};

// What becomes of scored candidates. Borrows.
struct RerankOptions {
  int limit = 10;
  int max_per_category = 0;                    // 0: no limit
  const ItemFacts* facts = nullptr;            // null: nothing is known
  absl::Span<const uint32_t> item_categories;  // for max_per_category where there are no facts
  bool one_per_group = false;                  // of the variants of a group only the best
  float diversity = 0;                         // 0: by score, 1: by difference alone
  const CompiledRules* rules = nullptr;
  absl::Span<const uint32_t> active_rules;          // CompiledRules::Active
  const Eligibility* eligible = nullptr;            // of pinned and explored products; null: all are
  absl::Span<const std::pair<ItemId, float>> seen;  // ascending by item: factors in (0, 1] for what was seen before
  Exploration exploration;
  uint64_t seed = 0;

  // Nothing but the best `limit` by score is asked for.
  bool plain() const;
};

// One place of an answer.
struct Placed {
  ItemId item = 0;
  float score = 0;        // as the sources gave it
  float final_score = 0;  // times boosts and the factor for having been seen
  uint32_t row = kNone;
  bool explored = false;
  // With which probability this request would have shown the product, over the draws of exploration (1 where there is
  // none); exact unless a cap or a variant group refuses one explored product because of another.
  double propensity = 1;
  std::vector<uint32_t> rules;  // that chose it or moved it, ascending
};

// A candidate that ranked before the last place and is not in the answer.
struct PassedOver {
  ItemId item = 0;
  Hindrance why;
};

// The answer from `scored`: the steps of CompiledRules, and
//   * order is by final score, smaller items first among equals; with diversity d by Maximal Marginal Relevance
//     (Carbonell and Goldstein 1998): each next place goes to the largest
//     (1 - d) * score / best score - d * largest FactSimilarity to those placed, among the best 5 * limit (50 at least)
//   * with one_per_group, and by max_per_category, later ones are passed over; a pinned product counts first
//   * explored products take the last places that are not pinned
// `scored` is left in another order. `passed_over`, where given, gets those that one_per_group, max_per_category or a
// cap refused. Cost: a sort of the candidates; with diversity limit * 5 * limit similarities, 30 us for ten places.
std::vector<Placed> Rerank(std::vector<Scored>& scored, const RerankOptions& options,
                           std::vector<PassedOver>* passed_over = nullptr);

}  // namespace kontor::recommendations
