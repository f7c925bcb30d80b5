#include "libs/domain/recommendations/item_item.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "libs/domain/recommendations/test_shop.h"

namespace kontor::recommendations {
namespace {

using Group = ItemItemOptions::Group;
using ::testing::ElementsAre;

ItemItemOptions Plain(Group group) {
  return {.group = group, .neighbours = 1000, .max_row = 1000, .weigh_by_size = false, .shrink = 0};
}

TEST(ItemItemTest, CosineByHand) {
  // Baskets {0,1}, {0,1}, {0,2}, {1}: item 0 is in 3, item 1 in 3, item 2 in 1.
  const Baskets baskets = MakeBaskets(4, {{{0, 1}, {0, 1}}, {{0, 2}}, {{1}}});
  const ItemItem model = ItemItem::Train(baskets, Plain(Group::kBasket));
  EXPECT_NEAR(model.table().At(0, 1), 2 / std::sqrt(3.0 * 3), 1e-6);
  EXPECT_NEAR(model.table().At(1, 0), 2 / std::sqrt(3.0 * 3), 1e-6);
  EXPECT_NEAR(model.table().At(0, 2), 1 / std::sqrt(3.0 * 1), 1e-6);
  EXPECT_EQ(model.table().At(1, 2), 0);
  EXPECT_EQ(model.table().At(0, 0), 0);
  EXPECT_THAT(model.table().ItemsOf(0), ElementsAre(1, 2));
  EXPECT_TRUE(model.table().ItemsOf(3).empty());
}

TEST(ItemItemTest, ShrinkageDecayAndSizeByHand) {
  // Two baskets of one user, a day apart; half-life one day: weights 1/2 and 1 before the size's 1/log2(2 + n).
  const Baskets baskets = MakeBaskets(3, {{{0, 1}, {0, 1, 2}}});
  ItemItemOptions options = Plain(Group::kBasket);
  options.half_life_days = 1;
  options.shrink = 2;
  options.weigh_by_size = true;
  const ItemItem model = ItemItem::Train(baskets, options);
  const double first = .5 / std::log2(4.0), second = 1 / std::log2(5.0);
  const double lambda = 2 * (first + second) / 2;
  EXPECT_NEAR(model.table().At(0, 1), (first + second) / (first + second + lambda), 1e-6);
  EXPECT_NEAR(model.table().At(0, 2), second / std::sqrt((first + second) * second) * second / (second + lambda), 1e-6);
}

TEST(ItemItemTest, CustomersAreOneGroupEach) {
  const Baskets baskets = MakeBaskets(3, {{{0}, {1}}, {{0}, {2}}});
  const ItemItem model = ItemItem::Train(baskets, Plain(Group::kCustomer));
  EXPECT_NEAR(model.table().At(0, 1), 1 / std::sqrt(2.0), 1e-6);
  EXPECT_EQ(model.table().At(1, 2), 0);
}

// All pairs by definition.
std::map<std::pair<ItemId, ItemId>, double> BruteForce(const Baskets& baskets, const ItemItemOptions& options) {
  std::map<std::pair<ItemId, ItemId>, double> together;
  double sum = 0;
  for (uint32_t b = 0; b < baskets.size(); ++b) {
    const Basket basket = baskets.At(b);
    const double age = static_cast<double>(baskets.newest_seconds() - basket.time_seconds) / 86400;
    const double weight =
        std::pow(2, -age / options.half_life_days) / std::log2(2.0 + static_cast<double>(basket.items.size()));
    sum += weight;
    for (ItemId i : basket.items) {
      for (ItemId j : basket.items) together[{i, j}] += weight;
    }
  }
  const double lambda = options.shrink * sum / baskets.size();
  std::map<std::pair<ItemId, ItemId>, double> out;
  for (const auto& [pair, c] : together) {
    const auto [i, j] = pair;
    if (i != j) out[pair] = c / std::sqrt(together[{i, i}] * together[{j, j}]) * c / (c + lambda);
  }
  return out;
}

TEST(ItemItemTest, AgreesWithBruteForce) {
  for (const uint64_t seed : {1, 2, 3}) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    const TestShop shop = MakeShop(80, 60, seed);
    const Baskets baskets = Baskets::FromHistory(shop.history, 60);
    const ItemItemOptions options{.neighbours = 1000, .max_row = 1000, .half_life_days = 9, .shrink = 3};
    const ItemItem model = ItemItem::Train(baskets, options);
    const auto expected = BruteForce(baskets, options);
    ASSERT_GT(expected.size(), 300u);
    for (ItemId i = 0; i < 60; ++i) {
      for (ItemId j = 0; j < 60; ++j) {
        const auto found = expected.find({i, j});
        ASSERT_NEAR(model.table().At(i, j), found == expected.end() ? 0 : found->second, 1e-5) << i << ", " << j;
      }
    }
  }
}

TEST(ItemItemTest, KeepsTheMostSimilarSeedsOfEachCandidate) {
  const TestShop shop = MakeShop(200, 60, 4);
  const Baskets baskets = Baskets::FromHistory(shop.history, 60);
  ItemItemOptions options{.neighbours = 1000, .max_row = 1000};
  const ItemItem full = ItemItem::Train(baskets, options);
  options.neighbours = 5;
  const ItemItem cut = ItemItem::Train(baskets, options);
  for (ItemId candidate = 0; candidate < 60; ++candidate) {
    std::vector<float> all, kept;
    for (ItemId seed = 0; seed < 60; ++seed) {
      if (full.table().At(seed, candidate) > 0) all.push_back(full.table().At(seed, candidate));
      if (cut.table().At(seed, candidate) > 0) kept.push_back(cut.table().At(seed, candidate));
    }
    std::sort(all.rbegin(), all.rend());
    std::sort(kept.rbegin(), kept.rend());
    all.resize(std::min<size_t>(all.size(), 5));
    EXPECT_EQ(kept, all) << candidate;
  }
}

TEST(ItemItemTest, RowsAndGroupsAreCapped) {
  std::vector<ItemId> all(400);
  for (ItemId item = 0; item < 400; ++item) all[item] = item;
  const Baskets baskets = MakeBaskets(400, {{all, {0, 1}}});
  const ItemItem model = ItemItem::Train(baskets, {.max_row = 20, .max_group = 50});
  std::set<ItemId> seen;
  for (ItemId item = 0; item < 400; ++item) {
    EXPECT_LE(model.table().ItemsOf(item).size(), 20u);
    if (!model.table().ItemsOf(item).empty()) seen.insert(item);
  }
  EXPECT_GE(seen.size(), 50u) << "a sample of the large basket still teaches";
  EXPECT_LE(seen.size(), 52u);
}

TEST(ItemItemTest, ThreadsDoNotChangeTheResult) {
  const TestShop shop = MakeShop(300, 1500, 5);
  const Baskets baskets = Baskets::FromHistory(shop.history, 1500);
  base::ByteWriter one, three;
  ItemItem::Train(baskets, {.threads = 1}).Save(one);
  ItemItem::Train(baskets, {.threads = 3}).Save(three);
  EXPECT_EQ(one.bytes(), three.bytes());
}

TEST(ItemItemTest, FoldsABasketInAndNamesTheStrongestSeed) {
  const Baskets baskets = MakeBaskets(5, {{{0, 1}, {0, 1}, {0, 1}}, {{2, 1}}, {{2, 3}}});
  const ItemItem model = ItemItem::Train(baskets, Plain(Group::kBasket));
  const OwnedContext owned({}, {{0, 1}, {2, 1}});
  const Profile profile(owned.context, 5);
  Candidates candidates;
  candidates.Reset(5, 2, ItemFilter(), profile);
  model.Generate(profile, 10, 0, candidates);
  candidates.OpenTable();
  model.Describe(profile, 0, candidates);
  // Item 1: 3/sqrt(3*4) + 1/sqrt(2*4), item 3: 1/sqrt(2*1); both over the larger.
  const double one = 3 / std::sqrt(12.0) + 1 / std::sqrt(8.0), three = 1 / std::sqrt(2.0);
  ASSERT_EQ(candidates.items().size(), 2u);
  for (size_t row = 0; row < 2; ++row) {
    EXPECT_NEAR(candidates.value(row, 0), candidates.items()[row] == 1 ? 1 : three / one, 1e-6);
  }
  Reason reason;
  model.Explain(profile, 1, reason);
  EXPECT_EQ(reason.evidence, 0u);
  model.Explain(profile, 3, reason);
  EXPECT_EQ(reason.evidence, 2u);
}

}  // namespace
}  // namespace kontor::recommendations
