#include "libs/domain/nn/item_softmax.h"

#include <cmath>

#include "libs/domain/nn/graph.h"

namespace kontor::nn {

ItemSoftmax::ItemSoftmax(const Sequences& sequences, int negatives, double temperature)
    : negatives_(negatives),
      temperature_(temperature),
      events_(static_cast<double>(sequences.items.size())),
      events_of_item_(sequences.item_count, 0) {
  for (uint32_t item : sequences.items) ++events_of_item_[item];
  for (uint32_t item = 0; item < sequences.item_count; ++item) {
    if (events_of_item_[item] > 0) seen_.push_back(item);
  }
}

std::vector<int64_t> ItemSoftmax::Candidates(const std::vector<int64_t>& labels, base::Random& random) const {
  std::vector<int64_t> candidates = labels;
  for (int i = 0; i < negatives_; ++i) candidates.push_back(seen_[random.Below(seen_.size())]);
  return candidates;
}

at::Tensor ItemSoftmax::Loss(const at::Tensor& users, const at::Tensor& items,
                             const std::vector<int64_t>& candidates) const {
  const int64_t labels = users.size(0);
  const at::Tensor expected = at::empty({static_cast<int64_t>(candidates.size())});
  for (size_t i = 0; i < candidates.size(); ++i) {
    const double among_labels =
        events_of_item_[static_cast<size_t>(candidates[i])] / events_ * static_cast<double>(labels);
    const double drawn = negatives_ / static_cast<double>(seen_.size());
    expected.data_ptr<float>()[i] = static_cast<float>(std::log(among_labels + drawn));
  }
  const at::Tensor logits = at::matmul(users, items.t()) / temperature_;
  const at::Tensor id = IndexTensor(candidates);
  const at::Tensor same = id.narrow(0, 0, labels).unsqueeze(1) == id.unsqueeze(0);
  const at::Tensor negative = (logits - expected).masked_fill(same, -1e9);
  const at::Tensor positive = logits.diagonal().unsqueeze(1);
  return (at::logsumexp(at::cat({positive, negative}, 1), 1) - positive.squeeze(1)).mean();
}

}  // namespace kontor::nn
