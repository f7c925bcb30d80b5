#include "libs/domain/recommendations/co_occurrence.h"

#include <algorithm>
#include <cmath>

#include "libs/base/random.h"
#include "libs/domain/recommendations/candidates.h"

namespace kontor::recommendations {
namespace {

// Weighted sets of items, and for each item the sets that hold it.
struct Groups {
  std::vector<uint64_t> offsets = {0};
  std::vector<ItemId> items;
  std::vector<float> weights;
  std::vector<uint64_t> item_offsets;
  std::vector<uint32_t> groups_of_item;
  std::vector<float> diagonal;  // C(i, i)
  float mean_weight = 0;
};

void AddGroup(std::vector<ItemId>& items, double age_days, const ItemItemOptions& options, Groups& out) {
  double weight = options.half_life_days > 0 ? std::exp2(-age_days / options.half_life_days) : 1;
  if (options.weigh_by_size) weight /= std::log2(2.0 + static_cast<double>(items.size()));
  if (items.size() > options.max_group) {
    base::Random random(options.seed + out.weights.size());
    for (uint32_t i = 0; i < options.max_group; ++i) std::swap(items[i], items[i + random.Below(items.size() - i)]);
    items.resize(options.max_group);
  }
  out.items.insert(out.items.end(), items.begin(), items.end());
  out.offsets.push_back(out.items.size());
  out.weights.push_back(static_cast<float>(weight));
}

void CollectBaskets(const Baskets& baskets, const ItemItemOptions& options, Groups& out) {
  const int64_t newest = baskets.newest_seconds();
  std::vector<ItemId> items;
  for (uint32_t i = 0; i < baskets.size(); ++i) {
    const Basket basket = baskets.At(i);
    items.assign(basket.items.begin(), basket.items.end());
    AddGroup(items, static_cast<double>(newest - basket.time_seconds) / kSecondsPerDay, options, out);
  }
}

// The newest distinct items of each customer.
void CollectCustomers(const Baskets& baskets, const ItemItemOptions& options, Groups& out) {
  const int64_t newest = baskets.newest_seconds();
  std::vector<ItemId> items;
  std::vector<uint32_t> taken_by(baskets.item_count(), 0);
  for (uint32_t user = 0; user < baskets.users(); ++user) {
    const history::Range range = baskets.OfUser(user);
    items.clear();
    for (uint32_t basket = range.end; basket > range.begin && items.size() < options.max_group; --basket) {
      for (ItemId item : baskets.At(basket - 1).items) {
        if (taken_by[item] == user + 1 || items.size() == options.max_group) continue;
        taken_by[item] = user + 1;
        items.push_back(item);
      }
    }
    if (items.empty()) continue;
    const int64_t time = baskets.At(range.end - 1).time_seconds;
    AddGroup(items, static_cast<double>(newest - time) / kSecondsPerDay, options, out);
  }
}

void Invert(uint32_t item_count, Groups& groups) {
  groups.item_offsets.assign(item_count + size_t{1}, 0);
  for (ItemId item : groups.items) ++groups.item_offsets[item + 1];
  for (uint32_t item = 0; item < item_count; ++item) groups.item_offsets[item + 1] += groups.item_offsets[item];
  groups.groups_of_item.resize(groups.items.size());
  groups.diagonal.assign(item_count, 0);
  std::vector<uint64_t> next(groups.item_offsets.begin(), groups.item_offsets.end() - 1);
  double sum = 0;
  for (uint32_t group = 0; group < groups.weights.size(); ++group) {
    sum += groups.weights[group];
    for (uint64_t i = groups.offsets[group]; i < groups.offsets[group + 1]; ++i) {
      groups.groups_of_item[next[groups.items[i]]++] = group;
      groups.diagonal[groups.items[i]] += groups.weights[group];
    }
  }
  groups.mean_weight =
      groups.weights.empty() ? 0 : static_cast<float>(sum / static_cast<double>(groups.weights.size()));
}

std::vector<ItemTable::Entry> TrainRow(const Groups& groups, const ItemItemOptions& options, ItemId item,
                                       ScoreVector& sums) {
  for (uint64_t at = groups.item_offsets[item]; at < groups.item_offsets[item + 1]; ++at) {
    const uint32_t group = groups.groups_of_item[at];
    const float weight = groups.weights[group];
    for (uint64_t i = groups.offsets[group]; i < groups.offsets[group + 1]; ++i) {
      if (groups.items[i] != item) sums.Add(groups.items[i], weight);
    }
  }
  const float shrink = static_cast<float>(options.shrink) * groups.mean_weight;
  std::vector<ItemTable::Entry> row;
  for (const ItemId other : sums.touched()) {
    const float together = sums[other];
    row.push_back(
        {other, together / std::sqrt(groups.diagonal[item] * groups.diagonal[other]) * together / (together + shrink)});
  }
  KeepHeaviest(static_cast<size_t>(options.neighbours), row);
  return row;
}

}  // namespace

ItemTable TrainSimilarities(const Baskets& baskets, const ItemItemOptions& options) {
  Groups groups;
  if (options.group == ItemItemOptions::Group::kBasket) {
    CollectBaskets(baskets, options, groups);
  } else {
    CollectCustomers(baskets, options, groups);
  }
  Invert(baskets.item_count(), groups);

  const ItemTable by_candidate =
      TrainRows(baskets.item_count(), options.threads,
                [&](ItemId item, ScoreVector& scratch) { return TrainRow(groups, options, item, scratch); });
  return ItemTable::Transpose(by_candidate, static_cast<size_t>(options.max_row));
}

}  // namespace kontor::recommendations
