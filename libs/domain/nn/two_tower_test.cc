#include "libs/domain/nn/two_tower.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "libs/domain/nn/feature_sums.h"
#include "libs/domain/nn/ranking.h"
#include "libs/domain/nn/test_data.h"

namespace kontor::nn {
namespace {

using Encoder = std::unique_ptr<const UserEncoder>;

// 40 items in 4 groups, of which the last 8 have no events. An item's features: its group, and one of five colours.
struct GroupsWithFeatures {
  Shop shop = GroupShop(40, 4, 300, 5, 32);
  std::vector<uint64_t> offsets{0};
  std::vector<uint32_t> features;

  GroupsWithFeatures() {
    for (uint32_t item = 0; item < 40; ++item) {
      features.insert(features.end(), {item % 4, 4 + item % 5});
      offsets.push_back(features.size());
    }
  }
  ItemFeatures Features() const { return {offsets, features, 9}; }
};

TwoTowerOptions Small() {
  TwoTowerOptions options;
  options.dimensions = 16;
  options.hidden = 16;
  options.window = 8;
  options.negatives = 32;
  options.batch_events = 128;
  return options;
}

absl::StatusOr<Encoder> Train(const GroupsWithFeatures& data, const TrainControl& control) {
  return TrainTwoTower(data.shop.train.View(), data.Features(), data.shop.Validation(), Small(), control);
}

std::vector<float> Vector(const UserEncoder& encoder, const std::vector<uint32_t>& history) {
  std::vector<float> out(encoder.dimensions());
  EXPECT_TRUE(encoder.Encode(history, absl::MakeSpan(out)).ok());
  return out;
}

TEST(TwoTowerTest, ItemsWithoutEventsAreRecommendedByTheirFeatures) {
  const GroupsWithFeatures data;
  const absl::StatusOr<Encoder> encoder = Train(data, {.max_epochs = 20});
  ASSERT_TRUE(encoder.ok()) << encoder.status();
  Shop cold;  // who had items of a group gets one of that group that was never had
  cold.histories.item_count = 40;
  for (uint32_t group = 0; group < 4; ++group) {
    for (uint32_t item : {32 + group, 36 + group}) {
      cold.histories.Add({group, group + 4, group + 8, group + 12, group + 16, group + 20, group + 24});
      cold.targets.push_back(item);
    }
  }
  // Of the group's ten items seven were had, so the three left are one warm and two cold ones.
  EXPECT_EQ(FullRanking(**encoder, cold.Validation(), 3)->hit_rate, 1);
}

TEST(TwoTowerTest, AnItemThatComesLaterGetsTheVectorOfItsFeatures) {
  const GroupsWithFeatures data;
  const absl::StatusOr<Encoder> encoder = Train(data, {.max_epochs = 3});
  ASSERT_TRUE(encoder.ok()) << encoder.status();
  std::vector<float> row((*encoder)->dimensions());
  ASSERT_TRUE((*encoder)->EncodeItem(data.Features().item(35), absl::MakeSpan(row)).ok());
  double squares = 0;
  for (uint32_t k = 0; k < row.size(); ++k) {
    EXPECT_NEAR(row[k], (*encoder)->output_table()[35 * row.size() + k], 1e-4);
    squares += row[k] * row[k];
  }
  EXPECT_NEAR(std::sqrt(squares), 1 / Small().temperature, 1e-2);
  std::vector<float> wrong(3);
  EXPECT_EQ((*encoder)->EncodeItem({}, absl::MakeSpan(wrong)).code(), absl::StatusCode::kInvalidArgument);
}

TEST(TwoTowerTest, UsersVectorsHaveLengthOneAndIgnoreUnknownItems) {
  const absl::StatusOr<Encoder> encoder = Train(GroupsWithFeatures(), {.max_epochs = 3});
  ASSERT_TRUE(encoder.ok()) << encoder.status();
  for (const std::vector<uint32_t>& history : {std::vector<uint32_t>{}, {3}, {1, 5, 9}}) {
    double squares = 0;
    for (float value : Vector(**encoder, history)) squares += value * value;
    EXPECT_NEAR(squares, 1, 1e-2);
  }
  EXPECT_EQ(Vector(**encoder, {1, 40, 5}), Vector(**encoder, {1, 5}));
  const absl::StatusOr<Encoder> loaded = LoadUserEncoder((*encoder)->Save());
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(Vector(**loaded, {1, 5}), Vector(**encoder, {1, 5}));
  ExpectBrokenModelsAreRefused((*encoder)->Save(), LoadUserEncoder);
}

TEST(TwoTowerTest, BadFeaturesAreRefused) {
  GroupsWithFeatures data;
  data.features[0] = 9;
  EXPECT_EQ(Train(data, {}).status().code(), absl::StatusCode::kInvalidArgument);
  data.features[0] = 0;
  data.offsets.pop_back();
  EXPECT_EQ(Train(data, {}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(FeatureSumsTest, RareFeaturesWeighMoreAndSquaresSumToOne) {
  const std::vector<uint64_t> offsets{0, 2, 3, 4};
  const std::vector<uint32_t> features{0, 1, 0, 0};
  const std::vector<float> rarity = FeatureRarity({offsets, features, 3});
  EXPECT_FLOAT_EQ(rarity[0], std::log(2.0F));  // all three items have it
  EXPECT_FLOAT_EQ(rarity[1], std::log(4.0F));  // one has it
  EXPECT_EQ(rarity[2], 0);
  const std::vector<uint32_t> both{0, 1, 7};
  const std::vector<float> weights = FeatureWeights(both, rarity);
  EXPECT_FLOAT_EQ(weights[0], 1 / std::sqrt(5.0F));  // log 2 to log 4 is 1 to 2
  EXPECT_FLOAT_EQ(weights[1], 2 / std::sqrt(5.0F));
  EXPECT_EQ(weights[2], 0);
}

}  // namespace
}  // namespace kontor::nn
