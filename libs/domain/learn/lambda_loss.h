#pragma once

#include <cstddef>
#include <vector>

#include "absl/types/span.h"

namespace kontor::learn {

// The derivatives of LambdaMART (Burges 2010) in one group of rows that are ranked together, in the form that LightGBM
// gives them (Ke et al. 2017): for every pair of rows i, j with gain_i > gain_j of which one stands among the best
// `truncation` by the margins s,
//   p = 1 / (1 + exp(s_i - s_j)),
//   d = |gain_i - gain_j| * |discount_i - discount_j| / ideal, over .01 + |s_i - s_j| unless all margins are alike,
//   first_i -= d p,  first_j += d p,  second of both += d p (1 - p),
// discounts 1 / log2(place + 2) from place 0, `ideal` the best discounted sum of gains within the truncation; at the
// end all are multiplied by log2(1 + f) / f, f the sum of 2 d p over the pairs, so that no group outweighs the others.
// Gains are linear: a caller who wants 2^grade - 1 gives that. Ties of margins keep the rows' order. Not thread-safe.
class LambdaLoss {
 public:
  explicit LambdaLoss(size_t truncation) : truncation_(truncation) {}

  // Fills first and second, which are as long as margins and gains; zeros where no two gains differ.
  void Derive(absl::Span<const float> margins, absl::Span<const float> gains, absl::Span<float> first,
              absl::Span<float> second);

 private:
  double Ideal(absl::Span<const float> gains);

  size_t truncation_;
  std::vector<size_t> order_;  // rows, best first
  std::vector<float> sorted_;
  std::vector<double> first_, second_, discounts_;
};

}  // namespace kontor::learn
