#pragma once

#include <vector>

#include "libs/domain/recommendations/item_facts.h"
#include "libs/domain/recommendations/types.h"

namespace kontor::recommendations {

// Maximal Marginal Relevance (Carbonell and Goldstein 1998) over a pool in the order of relevance: Next() names the
// place of the candidate with the largest (1 - d) * relevance - d * (largest similarity to what was placed) among those
// not yet named, the earlier among equals. Each Place costs a similarity for each candidate left. Not thread-safe.
class MarginalRelevance {
 public:
  struct Candidate {
    ItemId item;
    float relevance;  // 0 to 1
  };
  MarginalRelevance(const ItemFacts& facts, float diversity, std::vector<Candidate> pool);

  // Something stands in the answer, of the pool or not.
  void Place(ItemId item);
  // The pool's size when all were named.
  size_t Next();

 private:
  const ItemFacts& facts_;
  const float diversity_;
  const std::vector<Candidate> pool_;
  std::vector<float> nearest_;  // largest similarity to what was placed
  std::vector<bool> named_;
};

}  // namespace kontor::recommendations
