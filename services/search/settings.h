#pragma once

#include "libs/domain/search/engine.h"

namespace kontor::search {

// What tells among the best by words and meaning where nothing was learned: a sum of features, weights chosen on the
// first half of the queries of `bench search`.
inline LearnedRanker DefaultSearchRanker() {
  LinearRanker linear;
  linear.scales.fill(1);
  const auto weigh = [&](Feature feature, float weight) { linear.weights[static_cast<size_t>(feature)] = weight; };
  weigh(Feature::kFused, 1);
  weigh(Feature::kMassShare, .15F);
  weigh(Feature::kFull, .3F);
  weigh(Feature::kRun, .3F);
  weigh(Feature::kAdjacentMass, .03F);
  weigh(Feature::kSurfaceMass, .3F);
  weigh(Feature::kJoined, .3F);
  weigh(Feature::kHeadIsHead, .07F);
  weigh(Feature::kWindow, .05F);
  weigh(Feature::kBrand, .03F);
  return LearnedRanker(linear);
}

// How every shop is searched. Chosen on half of the queries of `bench search` (README.md); weights by Field.
inline EngineSettings ServingSettings() {
  EngineSettings settings;
  settings.bm25f.weights = {1, .6F, .4F, .4F, 1, .1F};
  settings.bm25f.b = {.9F, .5F, .5F, .5F, 0, .75F};
  settings.bm25f.k1 = .3F;
  settings.ranker = DefaultSearchRanker();
  settings.boosts.popularity = .1F;
  settings.boosts.stock = .5F;
  return settings;
}

}  // namespace kontor::search
