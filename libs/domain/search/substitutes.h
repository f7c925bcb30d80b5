#pragma once

#include <cstddef>
#include <vector>

#include "libs/domain/search/engine.h"

namespace kontor::search {

struct SubstituteOptions {
  size_t most = 3;
  // Of two known prices, the larger over the smaller: beyond it a product is no substitute.
  double price_ratio = 2;
  size_t candidates = 64;  // nearest by meaning; where no vectors are, the most wanted of the category
};

// What can be bought in a product's place: variants of its group first, then products of its category (the whole path),
// in stock, of a similar price. `score`, within [0, 1], is the mean of what is known of: the cosine of the titles'
// vectors (learned from the catalogue, otherwise the sentence encoder's; without vectors the share of title terms in
// common), the share of attribute values in common (Jaccard; brand counts as one), and how near the price is (1 at the
// same, 0 at price_ratio). Best first; ties: the earlier inserted. A product without a category has its variants alone.
// Cost: a match of the category and a search of vectors, a few milliseconds in a large one.
std::vector<Found> FindSubstitutes(const EngineParts& parts, DocRef product, const SubstituteOptions& options = {});

}  // namespace kontor::search
