#pragma once

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "libs/domain/recommendations/item_facts.h"
#include "libs/domain/recommendations/outcome_model.h"
#include "libs/domain/recommendations/rerank.h"

namespace kontor::recommendations {

// What a shown product is wanted to bring: weights of at least 0 of which only the proportions count.
struct Objective {
  float click = 0, cart = 0, purchase = 0, margin = 0;
  bool none() const { return click == 0 && cart == 0 && purchase == 0 && margin == 0; }
};

// What a product brings when it is bought, in medians of the positive margins among `items`: price less cost in the
// currency in which both are known of most of them. 1 where the cost is unknown, 0 where the margin is negative.
std::vector<float> RelativeMargins(const ItemFacts& facts, absl::Span<const ItemId> items, int64_t now_seconds);

// Ranks by worth instead of by the odds of a purchase:
//   worth = click P(click) + cart P(cart) + purchase P(purchase) + margin P(purchase) m
// with m from `margins` (one for each of `scored`, in their order). `chances` are those of an OutcomeModel, one for
// each; empty where there is none: then every chance is in proportion to the score. Scores become worth by the largest.
void ApplyObjective(const Objective& objective, absl::Span<const float> margins,
                    absl::Span<const OutcomeChances> chances, std::vector<Scored>& scored);

}  // namespace kontor::recommendations
