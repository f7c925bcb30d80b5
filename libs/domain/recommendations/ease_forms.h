#pragma once

#include "libs/domain/recommendations/ease.h"
#include "libs/domain/recommendations/gram.h"
#include "libs/domain/recommendations/item_table.h"

// The two ways to EASE's matrix; TrainEase chooses.
namespace kontor::recommendations {

ItemTable TrainEaseExact(const Gram& gram, const EaseOptions& options);
ItemTable TrainEaseSparse(const Gram& gram, const EaseOptions& options);

}  // namespace kontor::recommendations
