#include "libs/domain/recommendations/ease.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>

#include "libs/base/random.h"
#include "libs/domain/recommendations/test_shop.h"

namespace kontor::recommendations {
namespace {

constexpr uint32_t kItems = 24;

Baskets RandomCustomers(uint64_t seed) {
  base::Random random(seed);
  std::vector<std::vector<std::vector<ItemId>>> users(120);
  for (auto& user : users) {
    const ItemId group = static_cast<ItemId>(random.Below(4)) * 6;
    for (int i = 0; i < 5; ++i) {
      user.push_back({random.Chance(0.7) ? group + static_cast<ItemId>(random.Below(6))
                                         : static_cast<ItemId>(random.Below(kItems))});
    }
  }
  return MakeBaskets(kItems, users);
}

// The last one is everybody's, so that no product of two items is 0.
ItemFeatures GroupFeatures() {
  ItemFeatures features;
  for (ItemId item = 0; item < kItems; ++item) features.AppendItem({item / 6, 4 + item % 3, 7});
  return features;
}

// The definition, in double precision.
Eigen::MatrixXd ByDefinition(const Baskets& baskets, const ItemFeatures& features, double ridge, double a) {
  Eigen::MatrixXd x = Eigen::MatrixXd::Zero(baskets.users(), kItems);
  for (uint32_t user = 0; user < baskets.users(); ++user) {
    for (uint32_t b = baskets.OfUser(user).begin; b < baskets.OfUser(user).end; ++b) {
      for (ItemId item : baskets.At(b).items) x(user, item) = 1;
    }
  }
  Eigen::MatrixXd f = Eigen::MatrixXd::Zero(kItems, features.features());
  const std::vector<float> rarity = features.RarityWeights();
  for (ItemId item = 0; item < kItems; ++item) {
    for (uint32_t feature : features.Of(item)) f(item, feature) = a * rarity[feature];
  }
  const Eigen::MatrixXd p =
      (x.transpose() * x + f * f.transpose() + ridge * Eigen::MatrixXd::Identity(kItems, kItems)).inverse();
  Eigen::MatrixXd b = -p * p.diagonal().cwiseInverse().asDiagonal();
  b.diagonal().setZero();
  return b;
}

void ExpectPositivePartOf(const Eigen::MatrixXd& expected, const ItemTable& table) {
  for (ItemId i = 0; i < kItems; ++i) {
    for (ItemId j = 0; j < kItems; ++j) {
      EXPECT_NEAR(table.At(i, j), std::max(0.0, expected(i, j)), 2e-5) << i << ", " << j;
    }
  }
}

TEST(EaseTest, BothFormsAreTheDefinitionWhereTheSparseOneLeavesNothingOut) {
  const Baskets baskets = RandomCustomers(3);
  const ItemFeatures features = GroupFeatures();
  for (const double a : {0.0, 1.0, 2.0}) {
    const Eigen::MatrixXd expected = ByDefinition(baskets, features, 10, a);
    ExpectPositivePartOf(expected, TrainEase(baskets, features, {.ridge = 10, .feature_weight = a}));
    if (a == 0) continue;
    ExpectPositivePartOf(expected, TrainEase(baskets, features, {.ridge = 10, .feature_weight = a, .exact_items = 0}));
  }
}

TEST(EaseTest, RowsAreCutToTheHeaviest) {
  const Baskets baskets = RandomCustomers(4);
  const ItemTable full = TrainEase(baskets, {}, {.ridge = 10});
  const ItemTable cut = TrainEase(baskets, {}, {.ridge = 10, .max_row = 3});
  for (ItemId item = 0; item < kItems; ++item) {
    ASSERT_LE(cut.ItemsOf(item).size(), 3u);
    float lightest = 1e9F;
    for (float weight : cut.WeightsOf(item)) lightest = std::min(lightest, weight);
    int heavier = 0;
    for (float weight : full.WeightsOf(item)) heavier += weight > lightest;
    EXPECT_LT(heavier, 3);
  }
}

TEST(EaseTest, ThreadsDoNotChangeTheSparseForm) {
  const Baskets baskets = RandomCustomers(5);
  base::ByteWriter one, three;
  TrainEase(baskets, GroupFeatures(), {.exact_items = 0, .threads = 1}).Save(one);
  TrainEase(baskets, GroupFeatures(), {.exact_items = 0, .threads = 3}).Save(three);
  EXPECT_EQ(one.bytes(), three.bytes());
}

TEST(EaseTest, AnItemThatNobodyBoughtIsReachedByItsFeatures) {
  // Item 5 was never bought and shares a rare feature with item 0.
  ItemFeatures features;
  for (ItemId item = 0; item < 6; ++item) features.AppendItem({item == 5 ? 0 : item});
  const Baskets baskets = MakeBaskets(6, {{{0}, {1}}, {{0}, {2}}, {{3}, {4}}});
  for (const uint32_t exact_items : {0u, 100u}) {
    const ItemTable table = TrainEase(baskets, features, {.ridge = 1, .exact_items = exact_items});
    EXPECT_GT(table.At(0, 5), 0);
    EXPECT_EQ(table.At(3, 5), 0);
  }
}

TEST(EaseTest, NothingToLearnFromIsAnEmptyTable) {
  EXPECT_EQ(TrainEase(Baskets(0), {}, {}).rows(), 0u);
  EXPECT_EQ(TrainEase(Baskets(3), {}, {}).size(), 0u);
}

}  // namespace
}  // namespace kontor::recommendations
