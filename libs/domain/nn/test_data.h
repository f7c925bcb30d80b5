#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "libs/base/clock.h"
#include "libs/base/random.h"
#include "libs/domain/nn/arrays.h"
#include "libs/domain/nn/training.h"

// Small made-up shops for the tests of this folder.
namespace kontor::nn {

struct Table {
  uint32_t item_count = 0;
  std::vector<uint32_t> items;
  std::vector<uint64_t> offsets{0};

  void Add(const std::vector<uint32_t>& row) {
    items.insert(items.end(), row.begin(), row.end());
    offsets.push_back(items.size());
  }
  Sequences View() const { return {items, offsets, item_count}; }
};

struct Shop {
  Table train, histories;
  std::vector<uint32_t> targets;

  HoldOut Validation() const { return {histories.View(), targets}; }
};

// Everybody walks the circle of items in steps of one, from anywhere; even users forwards, odd ones backwards. So the
// next item follows from the order of the last two.
inline Shop CircleShop(uint32_t items, int users, uint64_t seed) {
  Shop shop;
  shop.train.item_count = shop.histories.item_count = items;
  base::Random random(seed);
  for (int u = 0; u < users; ++u) {
    std::vector<uint32_t> walk{static_cast<uint32_t>(random.Below(items))};
    const uint32_t step = u % 2 == 0 ? 1 : items - 1, length = 4 + static_cast<uint32_t>(random.Below(6));
    while (walk.size() < length) walk.push_back((walk.back() + step) % items);
    shop.train.Add(walk);
    if (u % 4 > 1) continue;
    shop.histories.Add(walk);
    shop.targets.push_back((walk.back() + step) % items);
  }
  return shop;
}

// Items of `groups` equal groups, item i in group i % groups; each user keeps to one group.
inline Shop GroupShop(uint32_t items, uint32_t groups, int users, uint64_t seed, uint32_t hidden_from = ~0U) {
  Shop shop;
  shop.train.item_count = shop.histories.item_count = items;
  base::Random random(seed);
  const uint32_t known = std::min(items, hidden_from);
  for (int u = 0; u < users; ++u) {
    const uint32_t group = static_cast<uint32_t>(random.Below(groups));
    std::vector<uint32_t> own;
    for (uint32_t item = group; item < known; item += groups) own.push_back(item);
    for (size_t i = own.size(); i > 1; --i) std::swap(own[i - 1], own[random.Below(i)]);
    own.resize(std::min<size_t>(own.size(), 6));
    shop.histories.Add({own.begin(), own.end() - 1});
    shop.targets.push_back(own.back());
    shop.train.Add({own.begin(), own.end() - 1});
  }
  return shop;
}

// Every array of a model, left out or in another shape, makes `load` refuse it.
template <typename Load>
void ExpectBrokenModelsAreRefused(const std::string& bytes, Load load) {
  const absl::StatusOr<Arrays> whole = LoadArrays(bytes);
  ASSERT_TRUE(whole.ok()) << whole.status();
  for (const auto& [name, array] : whole->arrays) {
    Arrays broken = *whole;
    broken.arrays[name] = {{7, 11}, std::vector<float>(77, 1)};
    EXPECT_EQ(load(SaveArrays(broken)).status().code(), absl::StatusCode::kDataLoss) << name;
    broken.arrays.erase(name);
    EXPECT_EQ(load(SaveArrays(broken)).status().code(), absl::StatusCode::kDataLoss) << name;
  }
  for (const auto& [name, number] : whole->numbers) {
    Arrays broken = *whole;
    broken.numbers.erase(name);
    EXPECT_EQ(load(SaveArrays(broken)).status().code(), absl::StatusCode::kDataLoss) << name;
  }
}

// Moves on by a second whenever it is asked.
class StepClock : public base::Clock {
 public:
  absl::Time Now() const override { return absl::UnixEpoch() + absl::Seconds(seconds_++); }

 private:
  mutable int seconds_ = 0;
};

}  // namespace kontor::nn
