#pragma once

#include "libs/domain/recommendations/baskets.h"
#include "libs/domain/recommendations/item_item.h"
#include "libs/domain/recommendations/item_table.h"

namespace kontor::recommendations {

// The similarities of item_item.h. Cost: the sum of squared group sizes, over options.threads threads. Memory: one
// number an item and thread beside the groups and the result.
ItemTable TrainSimilarities(const Baskets& baskets, const ItemItemOptions& options);

}  // namespace kontor::recommendations
