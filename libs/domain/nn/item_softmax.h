#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "libs/base/random.h"
#include "libs/domain/nn/training.h"

namespace kontor::nn {

// A softmax over sampled items: a batch's labels are candidates for each other, further ones are drawn uniformly from
// the items with events, and every logit is corrected by the logarithm of the item's expected count among the
// candidates (logQ; Yi et al. 2019, mixed as in Yang et al. 2020). Includes LibTorch.
class ItemSoftmax {
 public:
  ItemSoftmax(const Sequences& sequences, int negatives, double temperature);

  // The labels, then the drawn items.
  std::vector<int64_t> Candidates(const std::vector<int64_t>& labels, base::Random& random) const;

  // Mean cross-entropy; `users` (labels x size) and `items` (candidates x size) have rows of length 1.
  at::Tensor Loss(const at::Tensor& users, const at::Tensor& items, const std::vector<int64_t>& candidates) const;

 private:
  const int negatives_;
  const double temperature_;
  const double events_;
  std::vector<double> events_of_item_;
  std::vector<int64_t> seen_;  // items with events
};

}  // namespace kontor::nn
