#include "libs/domain/recommendations/gram.h"

#include <algorithm>
#include <utility>

namespace kontor::recommendations {

Gram::Gram(const Baskets& baskets, const ItemFeatures& features, double feature_weight, uint32_t max_user,
           uint32_t max_feature) {
  std::vector<uint32_t> taken_by(baskets.item_count(), 0);
  for (uint32_t user = 0; user < baskets.users(); ++user) {
    const history::Range range = baskets.OfUser(user);
    std::vector<ItemId> items;
    for (uint32_t basket = range.end; basket > range.begin && items.size() < max_user; --basket) {
      for (const ItemId item : baskets.At(basket - 1).items) {
        if (items.size() < max_user && std::exchange(taken_by[item], user + 1) != user + 1) items.push_back(item);
      }
    }
    if (!items.empty()) AddGroup(std::move(items), 1);
  }
  if (feature_weight > 0) {
    const std::vector<float> rarity = features.RarityWeights();
    std::vector<std::vector<ItemId>> items_of(features.features());
    for (ItemId item = 0; item < std::min(baskets.item_count(), features.items()); ++item) {
      for (const uint32_t feature : features.Of(item)) items_of[feature].push_back(item);
    }
    for (uint32_t feature = 0; feature < items_of.size(); ++feature) {
      const auto weight = static_cast<float>(feature_weight * feature_weight) * rarity[feature] * rarity[feature];
      if (items_of[feature].empty() || items_of[feature].size() > max_feature) continue;
      AddGroup(std::move(items_of[feature]), weight);
    }
  }
  Invert(baskets.item_count());
}

void Gram::AddGroup(std::vector<ItemId> items, float weight) {
  std::sort(items.begin(), items.end());
  group_items_.insert(group_items_.end(), items.begin(), items.end());
  offsets_.push_back(group_items_.size());
  weights_.push_back(weight);
}

void Gram::Invert(uint32_t items) {
  item_offsets_.assign(items + size_t{1}, 0);
  for (const ItemId item : group_items_) ++item_offsets_[item + 1];
  for (uint32_t item = 0; item < items; ++item) item_offsets_[item + 1] += item_offsets_[item];
  groups_of_item_.resize(group_items_.size());
  diagonal_.assign(items, 0);
  std::vector<uint64_t> next(item_offsets_.begin(), item_offsets_.end() - 1);
  for (uint32_t group = 0; group < weights_.size(); ++group) {
    for (uint64_t i = offsets_[group]; i < offsets_[group + 1]; ++i) {
      groups_of_item_[next[group_items_[i]]++] = group;
      diagonal_[group_items_[i]] += weights_[group];
    }
  }
}

void Gram::AddRow(ItemId item, ScoreVector& out) const {
  for (uint64_t at = item_offsets_[item]; at < item_offsets_[item + 1]; ++at) {
    const uint32_t group = groups_of_item_[at];
    for (uint64_t i = offsets_[group]; i < offsets_[group + 1]; ++i) out.Add(group_items_[i], weights_[group]);
  }
}

void Gram::AddRow(ItemId item, ItemId end, float* out) const {
  for (uint64_t at = item_offsets_[item]; at < item_offsets_[item + 1]; ++at) {
    const uint32_t group = groups_of_item_[at];
    for (uint64_t i = offsets_[group]; i < offsets_[group + 1] && group_items_[i] < end; ++i) {
      out[group_items_[i]] += weights_[group];
    }
  }
}

}  // namespace kontor::recommendations
