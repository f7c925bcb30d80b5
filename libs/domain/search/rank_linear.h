#pragma once

#include "absl/types/span.h"
#include "libs/domain/search/rank.h"

namespace kontor::search {

// Weights of what speaks for a product (SpeaksFor) that make the judged gains likely: the listwise softmax loss of
// ListNet (Cao et al. 2007) over features scaled to deviation 1 within their lists,
//   minimise  mean over lists of -sum_r y_r log(softmax(w x)_r) + ridge |w|^2,  0 <= w <= most,
// y a list's gains over their sum, by accelerated projected gradients (Beck, Teboulle 2009); the loss is convex.
// Features that do not vary get weight 0; where there is no list with a gain, they are the prior's.
// Deterministic. Cost: about 250 passes over the rows of at most 1,000 lists.
LinearRanker FitLinearRanker(absl::Span<const RankList* const> lists, float most, double ridge);

}  // namespace kontor::search
