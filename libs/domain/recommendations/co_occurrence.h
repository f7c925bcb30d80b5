#pragma once

#include <cstdint>
#include <vector>

#include "libs/domain/recommendations/baskets.h"
#include "libs/domain/recommendations/item_item.h"

namespace kontor::recommendations {

// The similarities of item_item.h: row i holds the neighbours of item i, ascending by item. Positive only.
struct SimilarityTable {
  std::vector<uint64_t> offsets;  // items + 1
  std::vector<ItemId> neighbours;
  std::vector<float> similarities;
};

// Cost: the sum of squared group sizes, over options.threads threads. Memory: one number an item and thread beside the
// groups and the result.
SimilarityTable TrainSimilarities(const Baskets& baskets, const ItemItemOptions& options);

}  // namespace kontor::recommendations
