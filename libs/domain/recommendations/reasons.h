#pragma once

#include <vector>

#include "libs/domain/recommendations/model.h"

namespace kontor::recommendations {

// Why an item stands where it stands: the ranker's contributions summed by kind of reason, as shares of their sum, the
// largest first; shares below kSmallestShare are left out and the rest sum to 1. Evidence comes from the source that
// contributed most within a kind. Empty when nothing contributed.
inline constexpr float kSmallestShare = 0.05F;
std::vector<Reason> ExplainItem(const Model& model, const Ranker& ranker, Task task, const Profile& profile,
                                const RankContext& context, const RankedRow& ranked);

}  // namespace kontor::recommendations
