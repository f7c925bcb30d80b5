#pragma once

#include "absl/status/statusor.h"
#include "libs/domain/nn/training.h"
#include "libs/domain/nn/user_encoder.h"

namespace kontor::nn {

struct RankingQuality {
  double hit_rate = 0;  // share of targets among the first k
  double ndcg = 0;      // mean of 1 / log2(rank + 1), 0 below the first k; rank from 1
};

// Ranks all items for every user of the hold-out, without those of the history (a target that stands in the history is
// a miss); half of the ties stand before the target. One thread; cost: users x items x dimensions products.
absl::StatusOr<RankingQuality> FullRanking(const UserEncoder& encoder, const HoldOut& hold_out, int k);

}  // namespace kontor::nn
