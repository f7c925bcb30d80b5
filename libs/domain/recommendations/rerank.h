#pragma once

#include <cstdint>
#include <vector>

#include "libs/domain/recommendations/types.h"

namespace kontor::recommendations {

struct Scored {
  ItemId item = 0;
  float score = 0;
  uint32_t row = 0;  // in the candidates' table
};

// The best `limit` of `scored`, best first, smaller items first among equals. With max_per_category > 0 no category
// fills more places than that; items beyond item_categories count as one category of their own. Sorts `scored`.
std::vector<Scored> Rerank(std::vector<Scored>& scored, int limit, int max_per_category,
                           absl::Span<const uint32_t> item_categories);

}  // namespace kontor::recommendations
