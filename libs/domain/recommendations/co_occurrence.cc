#include "libs/domain/recommendations/co_occurrence.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <thread>

#include "libs/base/random.h"
#include "libs/domain/recommendations/candidates.h"

namespace kontor::recommendations {
namespace {

constexpr uint32_t kBlock = 512;  // items that a thread takes at a time

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

struct Block {
  std::vector<uint32_t> counts;  // neighbours by item
  std::vector<ItemId> neighbours;
  std::vector<float> similarities;
};

void AppendRow(const Groups& groups, const ItemItemOptions& options, ItemId item, ScoreVector& sums,
               std::vector<uint32_t>& best, Block& out) {
  sums.Clear();
  for (uint64_t at = groups.item_offsets[item]; at < groups.item_offsets[item + 1]; ++at) {
    const uint32_t group = groups.groups_of_item[at];
    const float weight = groups.weights[group];
    for (uint64_t i = groups.offsets[group]; i < groups.offsets[group + 1]; ++i) {
      if (groups.items[i] != item) sums.Add(groups.items[i], weight);
    }
  }
  const float shrink = static_cast<float>(options.shrink) * groups.mean_weight;
  sums.Transform([&](uint32_t other, float together) {
    return together / std::sqrt(groups.diagonal[item] * groups.diagonal[other]) * together / (together + shrink);
  });
  sums.Best(
      static_cast<size_t>(options.neighbours), [](uint32_t) { return true; }, best);
  std::sort(best.begin(), best.end());
  out.counts.push_back(static_cast<uint32_t>(best.size()));
  for (uint32_t other : best) {
    out.neighbours.push_back(other);
    out.similarities.push_back(sums[other]);
  }
}

void TrainBlocks(const Groups& groups, const ItemItemOptions& options, std::atomic<size_t>& next,
                 std::vector<Block>& blocks) {
  ScoreVector sums;
  sums.Resize(groups.diagonal.size());
  std::vector<uint32_t> best;
  const auto items = static_cast<uint32_t>(groups.diagonal.size());
  for (size_t block = next++; block < blocks.size(); block = next++) {
    const auto begin = static_cast<uint32_t>(block * kBlock);
    for (uint32_t item = begin; item < std::min(items, begin + kBlock); ++item) {
      AppendRow(groups, options, item, sums, best, blocks[block]);
    }
  }
}

// Rows by candidate become rows by seed, of at most `limit` neighbours each.
SimilarityTable Transpose(const SimilarityTable& table, size_t limit) {
  struct Neighbour {
    ItemId item;
    float similarity;
  };
  std::vector<std::vector<Neighbour>> rows(table.offsets.size() - 1);
  for (ItemId candidate = 0; candidate < rows.size(); ++candidate) {
    for (uint64_t i = table.offsets[candidate]; i < table.offsets[candidate + 1]; ++i) {
      rows[table.neighbours[i]].push_back({candidate, table.similarities[i]});
    }
  }
  SimilarityTable out{{0}, {}, {}};
  for (std::vector<Neighbour>& row : rows) {
    if (row.size() > limit) {
      std::nth_element(row.begin(), row.begin() + limit, row.end(), [](const Neighbour& a, const Neighbour& b) {
        return a.similarity != b.similarity ? a.similarity > b.similarity : a.item < b.item;
      });
      row.resize(limit);
      std::sort(row.begin(), row.end(), [](const Neighbour& a, const Neighbour& b) { return a.item < b.item; });
    }
    for (const Neighbour& neighbour : row) {
      out.neighbours.push_back(neighbour.item);
      out.similarities.push_back(neighbour.similarity);
    }
    out.offsets.push_back(out.neighbours.size());
  }
  return out;
}

}  // namespace

SimilarityTable TrainSimilarities(const Baskets& baskets, const ItemItemOptions& options) {
  Groups groups;
  if (options.group == ItemItemOptions::Group::kBasket) {
    CollectBaskets(baskets, options, groups);
  } else {
    CollectCustomers(baskets, options, groups);
  }
  Invert(baskets.item_count(), groups);

  std::vector<Block> blocks((baskets.item_count() + kBlock - 1) / kBlock);
  std::atomic<size_t> next{0};
  std::vector<std::thread> helpers;
  for (int i = 1; i < options.threads; ++i) {
    helpers.emplace_back([&] { TrainBlocks(groups, options, next, blocks); });
  }
  TrainBlocks(groups, options, next, blocks);
  for (std::thread& helper : helpers) helper.join();

  SimilarityTable table{{0}, {}, {}};
  for (Block& block : blocks) {
    for (uint32_t count : block.counts) table.offsets.push_back(table.offsets.back() + count);
    table.neighbours.insert(table.neighbours.end(), block.neighbours.begin(), block.neighbours.end());
    table.similarities.insert(table.similarities.end(), block.similarities.begin(), block.similarities.end());
    block = Block();
  }
  return Transpose(table, static_cast<size_t>(options.max_row));
}

}  // namespace kontor::recommendations
