#include "libs/domain/recommendations/diversity.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace kontor::recommendations {

MarginalRelevance::MarginalRelevance(const ItemFacts& facts, float diversity, std::vector<Candidate> pool)
    : facts_(facts),
      diversity_(diversity),
      pool_(std::move(pool)),
      nearest_(pool_.size(), 0),
      named_(pool_.size(), false) {}

void MarginalRelevance::Place(ItemId item) {
  for (size_t i = 0; i < pool_.size(); ++i) {
    if (!named_[i]) nearest_[i] = std::max(nearest_[i], FactSimilarity(facts_, pool_[i].item, item));
  }
}

size_t MarginalRelevance::Next() {
  size_t best = pool_.size();
  float most = -std::numeric_limits<float>::infinity();
  for (size_t i = 0; i < pool_.size(); ++i) {
    if (named_[i]) continue;
    const float value = (1 - diversity_) * pool_[i].relevance - diversity_ * nearest_[i];
    if (value > most) {
      most = value;
      best = i;
    }
  }
  if (best < pool_.size()) named_[best] = true;
  return best;
}

}  // namespace kontor::recommendations
