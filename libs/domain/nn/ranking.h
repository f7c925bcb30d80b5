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

// The target's place, from 0, among all scores when those of the history are left out; the count of items when the
// target is in the history or its score is not a number. Overwrites the history's scores.
size_t TargetRank(absl::Span<float> scores, absl::Span<const uint32_t> history, uint32_t target);

}  // namespace kontor::nn
