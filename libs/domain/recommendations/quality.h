#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "absl/types/span.h"
#include "libs/domain/recommendations/item_facts.h"
#include "libs/domain/recommendations/model.h"

namespace kontor::recommendations {

// How often each item was shown; kNone for what nothing is known of.
using Exposures = std::map<ItemId, int64_t>;

// Of the items on sale, the share that was shown; nothing is on sale: nothing.
std::optional<double> CatalogueCoverage(const ItemFacts& facts, const Exposures& exposures);

// Gini's coefficient of how often the items on sale were shown (stats::Gini); those that were not count as 0.
std::optional<double> ExposureGini(const ItemFacts& facts, const Exposures& exposures);

// The mean self-information of what was shown, in bits (Zhou, Kuscsik, Liu, Medo, Wakeling, Zhang 2010, "Solving the
// apparent diversity-accuracy dilemma of recommender systems", with baskets in the place of users): the mean over
// exposures of -log2 of the share of the model's baskets that hold the item (Popularity::Share), at least half a
// basket's. Nothing was shown, or nothing learned: nothing.
std::optional<double> Novelty(const Model& model, const Exposures& exposures);

// The mean of 1 - FactSimilarity over all pairs of a list (Ziegler, McNee, Konstan, Lausen 2005: intra-list
// similarity). Fewer than two known items: nothing.
std::optional<double> IntraListDistance(const ItemFacts& facts, absl::Span<const ItemId> list);

}  // namespace kontor::recommendations
