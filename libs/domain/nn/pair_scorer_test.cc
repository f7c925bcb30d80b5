#include "libs/domain/nn/pair_scorer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "libs/domain/nn/arrays.h"
#include "libs/domain/nn/test_data.h"

namespace kontor::nn {
namespace {

using Scorer = std::unique_ptr<const PairScorer>;

absl::StatusOr<Scorer> TrainOnGroups(int epochs) {
  const Shop shop = GroupShop(40, 4, 300, 5);
  PairScorerOptions options;
  options.dimensions = 16;
  options.hidden = 16;
  options.negatives = 4;
  options.batch_events = 128;
  options.rate = 1e-2;
  return TrainPairScorer(shop.train.View(), shop.Validation(), options, {.max_epochs = epochs});
}

std::vector<float> Scores(const PairScorer& scorer, const std::vector<uint32_t>& history,
                          const std::vector<uint32_t>& items) {
  std::vector<float> out(items.size());
  EXPECT_TRUE(scorer.Score(history, items, absl::MakeSpan(out)).ok());
  return out;
}

TEST(PairScorerTest, PrefersItemsOfThePersonsGroup) {
  const absl::StatusOr<Scorer> scorer = TrainOnGroups(15);
  ASSERT_TRUE(scorer.ok()) << scorer.status();
  for (uint32_t group = 0; group < 4; ++group) {
    std::vector<uint32_t> own, others;
    for (uint32_t item = 0; item < 40; ++item) (item % 4 == group ? own : others).push_back(item);
    const std::vector<float> good = Scores(**scorer, {own[0], own[1], own[2]}, {own.begin() + 3, own.end()});
    const std::vector<float> bad = Scores(**scorer, {own[0], own[1], own[2]}, others);
    EXPECT_GT(*std::min_element(good.begin(), good.end()), *std::max_element(bad.begin(), bad.end())) << group;
  }
}

TEST(PairScorerTest, AScoreDependsNeitherOnItsNeighboursNorOnUnknownItems) {
  const absl::StatusOr<Scorer> scorer = TrainOnGroups(1);
  ASSERT_TRUE(scorer.ok()) << scorer.status();
  const std::vector<float> three = Scores(**scorer, {1, 2}, {5, 99, 7});
  EXPECT_NEAR(Scores(**scorer, {1, 2, 40, 1000}, {7})[0], three[2], 1e-5);
  EXPECT_NEAR(Scores(**scorer, {1, 2}, {1234})[0], three[1], 1e-5);
  EXPECT_TRUE(Scores(**scorer, {}, {}).empty());
  std::vector<float> wrong(2);
  const std::vector<uint32_t> items{1, 2, 3};
  EXPECT_EQ((*scorer)->Score({}, items, absl::MakeSpan(wrong)).code(), absl::StatusCode::kInvalidArgument);
}

// One dimension everywhere: logit = mean user factor x item factor + bias + last(relu(second(relu(user + item)))).
TEST(PairScorerTest, ForwardIsFactorsPlusPerceptron) {
  Arrays arrays;
  arrays.kind = "pair_scorer";
  arrays.arrays["user_factors"] = {{2, 1}, {2, 4}};
  arrays.arrays["item_factors"] = {{2, 1}, {0.5F, -1}};
  arrays.arrays["user_inputs"] = {{2, 1}, {1, 3}};
  arrays.arrays["item_hidden"] = {{2, 1}, {0.25F, -9}};
  arrays.arrays["item_bias"] = {{2}, {0.125F, 0}};
  arrays.arrays["user_layer.weight"] = {{1, 1}, {2}};
  arrays.arrays["user_layer.bias"] = {{1}, {1}};
  arrays.arrays["second.weight"] = {{1, 1}, {3}};
  arrays.arrays["second.bias"] = {{1}, {-1}};
  arrays.arrays["last.weight"] = {{1, 1}, {0.5F}};
  arrays.arrays["last.bias"] = {{1}, {0.0625F}};
  const absl::StatusOr<Scorer> scorer = LoadPairScorer(SaveArrays(arrays));
  ASSERT_TRUE(scorer.ok()) << scorer.status();
  const std::vector<float> scores = Scores(**scorer, {0, 1}, {0, 1});
  // Means 3 and 2; hidden 2 * 2 + 1 + .25 = 5.25; 3 * 5.25 - 1 = 14.75; .5 * 14.75 + .0625 = 7.4375.
  EXPECT_FLOAT_EQ(scores[0], 3 * 0.5F + 0.125F + 7.4375F);
  EXPECT_FLOAT_EQ(scores[1], -3 + 0.0625F);  // relu(5 - 9) = 0, relu(-1) = 0
  arrays.arrays["item_hidden"] = {{2, 2}, {1, 1, 1, 1}};
  EXPECT_EQ(LoadPairScorer(SaveArrays(arrays)).status().code(), absl::StatusCode::kDataLoss);
  arrays.kind = "mult_vae";
  EXPECT_EQ(LoadPairScorer(SaveArrays(arrays)).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(PairScorerTest, LoadedModelsScoreAsSavedOnes) {
  const absl::StatusOr<Scorer> scorer = TrainOnGroups(1);
  ASSERT_TRUE(scorer.ok()) << scorer.status();
  const absl::StatusOr<Scorer> loaded = LoadPairScorer((*scorer)->Save());
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(Scores(**loaded, {1, 2}, {3, 4}), Scores(**scorer, {1, 2}, {3, 4}));
  ExpectBrokenModelsAreRefused((*scorer)->Save(), LoadPairScorer);
}

TEST(PairScorerTest, UsersOfOneEventTeachNothing) {
  Shop shop = GroupShop(40, 4, 20, 5);
  shop.train = Table{40, {}, {0}};
  for (uint32_t item = 0; item < 10; ++item) shop.train.Add({item});
  EXPECT_EQ(TrainPairScorer(shop.train.View(), shop.Validation(), {}, {}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace kontor::nn
