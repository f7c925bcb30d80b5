#pragma once

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "libs/domain/recommendations/ranker.h"

namespace kontor::recommendations {

// The candidates of one held-out basket.
struct RankList {
  std::vector<float> features;    // rows * signals, scaled as the ranker reads them
  std::vector<uint8_t> bought;    // by row: 1 when the person bought it before
  std::vector<uint8_t> relevant;  // by row: 1 when it is in the held-out basket
  RankContext context;
  size_t wanted = 0;  // items of the held-out basket, nominated or not
};

struct FitOptions {
  double ridge = 1e-3;  // on weights of features scaled to unit deviation
  int max_iterations = 60;
};

// The weights of Ranker (two rows: not bought, bought) that make held-out baskets likely: the listwise softmax loss of
// ListNet (Cao et al. 2007), a list's relevant rows sharing its mass equally,
//   minimise  mean over lists of -sum_r y_r log(softmax(w x)_r) + ridge |w|^2  with w >= 0,
// by projected Newton steps (Bertsekas 1982); the loss is convex. Lists without a relevant row are passed over. Cost:
// about iterations * rows * signals^2. Deterministic.
// Weights of signals that are not `known` are 0.
std::vector<float> FitWeights(absl::Span<const RankList* const> lists, const std::vector<bool>& known,
                              const FitOptions& options);

}  // namespace kontor::recommendations
