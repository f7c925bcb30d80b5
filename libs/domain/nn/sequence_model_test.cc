#include "libs/domain/nn/sequence_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "libs/domain/nn/ranking.h"
#include "libs/domain/nn/test_data.h"

namespace kontor::nn {
namespace {

using Encoder = std::unique_ptr<const UserEncoder>;

SequenceModelOptions Small() {
  SequenceModelOptions options;
  options.dimensions = 16;
  options.hidden = 32;
  options.window = 8;
  options.negatives = 64;
  options.batch_events = 128;
  options.dropout = 0.1;
  options.input_dropout = 0.1;
  options.rate = 1e-2;
  return options;
}

absl::StatusOr<Encoder> Train(const Shop& shop, const TrainControl& control, SequenceModelOptions options = Small()) {
  return TrainSequenceModel(shop.train.View(), {}, shop.Validation(), options, control);
}

std::vector<float> Vector(const UserEncoder& encoder, const std::vector<uint32_t>& history) {
  std::vector<float> out(encoder.dimensions());
  EXPECT_TRUE(encoder.Encode(history, absl::MakeSpan(out)).ok());
  return out;
}

// The best item that was not had.
uint32_t Best(const UserEncoder& encoder, const std::vector<uint32_t>& history) {
  const std::vector<float> vector = Vector(encoder, history);
  uint32_t best = 0;
  double most = -1e30;
  for (uint32_t item = 0; item < encoder.item_count(); ++item) {
    if (std::find(history.begin(), history.end(), item) != history.end()) continue;
    double score = 0;
    for (uint32_t k = 0; k < encoder.dimensions(); ++k) {
      score += vector[k] * encoder.output_table()[item * encoder.dimensions() + k];
    }
    if (score > most) most = score, best = item;
  }
  return best;
}

// The validation figure is that of the serving encoder, so a forward pass that differs from the trained one fails here.
TEST(SequenceModelTest, LearnsWhatFollowsFromTheOrder) {
  const Shop shop = CircleShop(30, 400, 5);
  const absl::StatusOr<Encoder> encoder = Train(shop, {.seed = 3, .max_epochs = 60});
  ASSERT_TRUE(encoder.ok()) << encoder.status();
  EXPECT_GT(FullRanking(**encoder, shop.Validation(), 1)->hit_rate, 0.95);
  EXPECT_EQ(Best(**encoder, {9, 10, 11}), 12U);
  EXPECT_EQ(Best(**encoder, {11, 10, 9}), 8U);
}

TEST(SequenceModelTest, ScoresAreCosinesOverTheTemperature) {
  const absl::StatusOr<Encoder> encoder = Train(CircleShop(20, 60, 5), {.max_epochs = 2});
  ASSERT_TRUE(encoder.ok()) << encoder.status();
  for (const std::vector<uint32_t>& history : {std::vector<uint32_t>{}, {3}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}}) {
    double squares = 0;
    for (float value : Vector(**encoder, history)) squares += value * value;
    EXPECT_NEAR(squares, 1, 1e-2);
  }
  double squares = 0;
  for (uint32_t k = 0; k < (*encoder)->dimensions(); ++k) squares += std::pow((*encoder)->output_table()[k], 2);
  EXPECT_NEAR(std::sqrt(squares), 1 / Small().temperature, 1e-2);
}

TEST(SequenceModelTest, OnlyKnownItemsWithinTheWindowCount) {
  const absl::StatusOr<Encoder> encoder = Train(CircleShop(20, 60, 5), {.max_epochs = 2});
  ASSERT_TRUE(encoder.ok()) << encoder.status();
  EXPECT_EQ(Vector(**encoder, {4, 77, 5, 20}), Vector(**encoder, {4, 5}));
  const std::vector<uint32_t> newest{1, 2, 3, 4, 5, 6, 7, 8};
  std::vector<uint32_t> longer{15, 16};
  longer.insert(longer.end(), newest.begin(), newest.end());
  EXPECT_EQ(Vector(**encoder, longer), Vector(**encoder, newest));
  EXPECT_NE(Vector(**encoder, {4, 5}), Vector(**encoder, {5, 4}));
  std::vector<float> wrong(3);
  EXPECT_EQ((*encoder)->Encode({}, absl::MakeSpan(wrong)).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ((*encoder)->EncodeItem({}, absl::MakeSpan(wrong)).code(), absl::StatusCode::kFailedPrecondition);
}

TEST(SequenceModelTest, LoadedModelsAnswerAsSavedOnes) {
  const absl::StatusOr<Encoder> encoder = Train(CircleShop(20, 60, 5), {.max_epochs = 2});
  ASSERT_TRUE(encoder.ok()) << encoder.status();
  const absl::StatusOr<Encoder> loaded = LoadUserEncoder((*encoder)->Save());
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(Vector(**loaded, {1, 2, 3}), Vector(**encoder, {1, 2, 3}));
  EXPECT_EQ((*loaded)->Save(), (*encoder)->Save());
  ExpectBrokenModelsAreRefused((*encoder)->Save(), LoadUserEncoder);
}

TEST(SequenceModelTest, ItemsWithoutEventsAreFoundByTheirFeatures) {
  // Items 0 … 29 have events, item 30 has none but the features of item 12: its number and nothing else.
  Shop shop = CircleShop(30, 300, 5);
  shop.train.item_count = shop.histories.item_count = 31;
  std::vector<uint64_t> offsets{0};
  std::vector<uint32_t> features;
  for (uint32_t item = 0; item < 31; ++item) {
    features.push_back(item == 30 ? 12 : item);
    offsets.push_back(features.size());
  }
  const absl::StatusOr<Encoder> encoder =
      TrainSequenceModel(shop.train.View(), {offsets, features, 30}, shop.Validation(), Small(), {.max_epochs = 40});
  ASSERT_TRUE(encoder.ok()) << encoder.status();
  std::vector<float> row((*encoder)->dimensions());
  const std::vector<uint32_t> twelve{12}, unknown{500};
  ASSERT_TRUE((*encoder)->EncodeItem(twelve, absl::MakeSpan(row)).ok());
  for (uint32_t k = 0; k < row.size(); ++k) {
    EXPECT_NEAR((*encoder)->output_table()[30 * row.size() + k], row[k], 1e-4);
  }
  const std::vector<float> vector = Vector(**encoder, {9, 10, 11});
  size_t above = 0;
  for (uint32_t item = 0; item < 30; ++item) {
    double score = 0;
    for (uint32_t k = 0; k < row.size(); ++k) {
      score += vector[k] * ((*encoder)->output_table()[item * row.size() + k] - row[k]);
    }
    above += score > 0 ? 1 : 0;
  }
  EXPECT_LE(above, 2U);
  ASSERT_TRUE((*encoder)->EncodeItem(unknown, absl::MakeSpan(row)).ok());
  EXPECT_EQ(row, std::vector<float>(row.size(), 0));
}

TEST(SequenceModelTest, UsersWithOneEventAndWithoutAnyAreNoTrouble) {
  Shop shop = CircleShop(20, 40, 5);
  for (uint32_t item = 0; item < 200; ++item) shop.train.Add({item % 2});  // fills batches of its own
  shop.train.Add({});
  const absl::StatusOr<Encoder> encoder = Train(shop, {.max_epochs = 15});
  ASSERT_TRUE(encoder.ok()) << encoder.status();
  EXPECT_LT(Best(**encoder, {}), 2U);  // what most begin with
}

TEST(SequenceModelTest, BadDataAndOptionsAreRefused) {
  Shop shop = CircleShop(20, 60, 5);
  SequenceModelOptions options = Small();
  options.heads = 3;
  EXPECT_EQ(Train(shop, {}, options).status().code(), absl::StatusCode::kInvalidArgument);
  options = Small();
  options.temperature = 0;
  EXPECT_EQ(Train(shop, {}, options).status().code(), absl::StatusCode::kInvalidArgument);
  shop.targets[0] = 20;
  EXPECT_EQ(Train(shop, {}).status().code(), absl::StatusCode::kInvalidArgument);
  shop.targets[0] = 1;
  shop.train.items[0] = 20;
  EXPECT_EQ(Train(shop, {}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Train(CircleShop(20, 0, 5), {}).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace kontor::nn
