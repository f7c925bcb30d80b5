#include "libs/domain/recommendations/profile.h"

#include <algorithm>
#include <cmath>

#include "absl/container/flat_hash_set.h"

namespace kontor::recommendations {
namespace {

void KeepHeaviest(size_t limit, std::vector<Seed>& seeds) {
  const auto heavier = [](const Seed& a, const Seed& b) {
    return a.weight != b.weight ? a.weight > b.weight : a.item < b.item;
  };
  if (seeds.size() > limit) {
    std::nth_element(seeds.begin(), seeds.begin() + limit, seeds.end(), heavier);
    seeds.resize(limit);
  }
}

}  // namespace

Profile::Profile(const UserContext& context, uint32_t item_count) : context_(context), item_count_(item_count) {
  CollectItems();
  CollectSeeds();
  CollectRecent();
}

void Profile::CollectItems() {
  std::vector<ProfileItem> lines;
  double weight = 1;
  for (const PastBasket& basket : context_.baskets) {
    for (ItemId item : basket.items) {
      if (item < item_count_) {
        lines.push_back({item, static_cast<float>(weight), 1, baskets_ == 0, basket.time_seconds, basket.time_seconds});
      }
    }
    ++baskets_;
    weight *= kBasketDecay;
  }
  std::stable_sort(lines.begin(), lines.end(),
                   [](const ProfileItem& a, const ProfileItem& b) { return a.item < b.item; });
  for (const ProfileItem& line : lines) {
    if (items_.empty() || items_.back().item != line.item) {
      items_.push_back(line);
    } else {
      items_.back().rate += line.rate;
      ++items_.back().count;
      items_.back().first_time_seconds = std::min(items_.back().first_time_seconds, line.first_time_seconds);
      items_.back().last_time_seconds = std::max(items_.back().last_time_seconds, line.last_time_seconds);
    }
  }
  for (ProfileItem& item : items_) item.rate /= static_cast<float>(baskets_);
}

void Profile::CollectSeeds() {
  for (const Seed& seed : context_.session) {
    if (seed.item < item_count_ && seed.weight > 0) current_seeds_.push_back({seed.item, std::min(seed.weight, 1.0F)});
  }
  seeds_ = current_seeds_;
  for (const ProfileItem& item : items_) seeds_.push_back({item.item, item.rate});
  if (current_seeds_.empty()) {
    for (const ProfileItem& item : items_) {
      if (item.in_last) current_seeds_.push_back({item.item, 1});
    }
  }
  KeepHeaviest(kMaxSeeds, seeds_);
  KeepHeaviest(kMaxSeeds, current_seeds_);
}

void Profile::CollectRecent() {
  absl::flat_hash_set<ItemId> met;
  const auto meet = [&](ItemId item, uint32_t age) {
    if (item < item_count_ && recent_.size() < kMaxRecent && met.insert(item).second) recent_.push_back({item, age});
  };
  uint32_t age = 0;
  for (const Seed& seed : context_.session) {
    if (seed.weight > 0) meet(seed.item, age++);
  }
  for (const PastBasket& basket : context_.baskets) {
    if (recent_.size() == kMaxRecent) break;
    for (ItemId item : basket.items) meet(item, age);
    ++age;
  }
}

const ProfileItem* Profile::Find(ItemId item) const {
  const auto it = std::lower_bound(items_.begin(), items_.end(), item,
                                   [](const ProfileItem& a, ItemId wanted) { return a.item < wanted; });
  return it != items_.end() && it->item == item ? &*it : nullptr;
}

}  // namespace kontor::recommendations
