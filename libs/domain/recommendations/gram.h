#pragma once

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "libs/domain/recommendations/baskets.h"
#include "libs/domain/recommendations/candidates.h"
#include "libs/domain/recommendations/item_features.h"

namespace kontor::recommendations {

// Items grouped and groups by item, for products of rows with all others: X'X + a^2 F F', a row at a time. A group is
// a customer's distinct items (weight 1) or a feature's items (its squared weight).
class Gram {
 public:
  // The newest `max_user` distinct items of each customer; features of at most `max_feature` items, weighed by
  // a * RarityWeights.
  Gram(const Baskets& baskets, const ItemFeatures& features, double feature_weight, uint32_t max_user,
       uint32_t max_feature);

  uint32_t items() const { return static_cast<uint32_t>(diagonal_.size()); }
  float diagonal(ItemId item) const { return diagonal_[item]; }
  // Adds row `item`, the diagonal included, to `out`.
  void AddRow(ItemId item, ScoreVector& out) const;
  // The same for a dense row of items() numbers, of which only those below `end` are wanted.
  void AddRow(ItemId item, ItemId end, float* out) const;

 private:
  void AddGroup(std::vector<ItemId> items, float weight);
  void Invert(uint32_t items);

  std::vector<uint64_t> offsets_ = {0};
  std::vector<ItemId> group_items_;  // ascending within a group
  std::vector<float> weights_;
  std::vector<uint64_t> item_offsets_;
  std::vector<uint32_t> groups_of_item_;
  std::vector<float> diagonal_;
};

}  // namespace kontor::recommendations
