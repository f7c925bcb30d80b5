#pragma once

#include <array>

#include "absl/types/span.h"

namespace kontor::text {

struct EditCost {
  float cost = 0;    // weighed
  int distance = 0;  // optimal string alignment: insertions, deletions, substitutions and swaps of neighbours
};

// What it takes to write `typed` for `meant`, as code points: a swap of neighbours .6; a letter doubled or not doubled
// .5; a vowel for a vowel, or letters that sound alike, .7; a neighbour on the keyboard .8; another letter 1; a doubled
// letter for another doubled one, which is one mistake made twice, 1.3 of one of them ("latter" for "ladder"); a letter
// too many .9; one missing .9, a vowel .765; .6 more where the first letter is concerned. Beyond `distance_max` edits
// the cost is infinite. O(letters · distance_max).
EditCost CostOfTyping(absl::Span<const char32_t> typed, absl::Span<const char32_t> meant, int distance_max);

}  // namespace kontor::text
