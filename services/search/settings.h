#pragma once

#include "libs/domain/search/engine.h"

namespace kontor::search {

// How every shop is searched. Chosen on half of the queries of `bench search` (README.md); weights by Field.
inline EngineSettings ServingSettings() {
  EngineSettings settings;
  settings.bm25f.weights = {1, .6F, .4F, .4F, 1, .1F};
  settings.bm25f.b = {.9F, .5F, .5F, .5F, 0, .75F};
  settings.bm25f.k1 = .3F;
  settings.bm25f.idf_power = .7F;
  settings.boosts.popularity = .1F;
  settings.boosts.stock = .5F;
  return settings;
}

}  // namespace kontor::search
