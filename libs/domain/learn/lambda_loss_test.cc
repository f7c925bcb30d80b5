#include "libs/domain/learn/lambda_loss.h"

#include <gtest/gtest.h>

#include <cmath>

#include "libs/base/random.h"
#include "libs/domain/learn/boosted_trees.h"

namespace kontor::learn {
namespace {

TEST(LambdaLossTest, TwoRowsByHand) {
  // Margins alike, so no gap divides: row 0 stands first. gains 1 and 3: the swap changes 2 (1 - 1 / log2 3) over the
  // ideal 3 + 1 / log2 3.
  const double third = 1 / std::log2(3.0), d = 2 * (1 - third) / (3 + third);
  const double force = d, scale = std::log2(1 + force) / force;  // 2 d p with p = 1/2
  LambdaLoss loss(10);
  float first[2], second[2];
  loss.Derive({0, 0}, {1, 3}, absl::MakeSpan(first), absl::MakeSpan(second));
  EXPECT_NEAR(first[0], d / 2 * scale, 1e-6);
  EXPECT_NEAR(first[1], -d / 2 * scale, 1e-6);
  EXPECT_NEAR(second[0], d / 4 * scale, 1e-6);
  EXPECT_NEAR(second[1], d / 4 * scale, 1e-6);
  // With margins 1 ahead of 0 the better row is wrong by 1: p = 1 / (1 + e^-1), the change over 1.01.
  const double p = 1 / (1 + std::exp(-1.0)), change = d / 1.01;
  const double other = std::log2(1 + 2 * change * p) / (2 * change * p);
  loss.Derive({1, 0}, {1, 3}, absl::MakeSpan(first), absl::MakeSpan(second));
  EXPECT_NEAR(first[0], change * p * other, 1e-6);
  EXPECT_NEAR(second[1], change * p * (1 - p) * other, 1e-6);
}

TEST(LambdaLossTest, PairsBeyondTheTruncationCountNothing) {
  LambdaLoss loss(1);
  float first[3], second[3];
  loss.Derive({3, 2, 1}, {0, 0, 1}, absl::MakeSpan(first), absl::MakeSpan(second));
  EXPECT_GT(first[0], 0);
  EXPECT_EQ(first[1], 0);
  EXPECT_LT(first[2], 0);
}

TEST(LambdaLossTest, NothingToTellIsZero) {
  LambdaLoss loss(10);
  float first[3] = {9, 9, 9}, second[3] = {9, 9, 9};
  for (const float gain : {0.0F, 2.0F}) {
    loss.Derive({3, 2, 1}, {gain, gain, gain}, absl::MakeSpan(first), absl::MakeSpan(second));
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(first[i] == 0 && second[i] == 0);
  }
  loss.Derive({}, {}, {}, {});
}

TEST(LambdaLossTest, ForcesOfAGroupAddUpToZero) {
  base::Random random(3);
  LambdaLoss loss(5);
  for (int round = 0; round < 200; ++round) {
    const size_t rows = 1 + random.Below(30);
    std::vector<float> margins(rows), gains(rows), first(rows), second(rows);
    for (size_t i = 0; i < rows; ++i) {
      margins[i] = static_cast<float>(random.Normal());
      gains[i] = static_cast<float>(random.Below(5));
    }
    loss.Derive(margins, gains, absl::MakeSpan(first), absl::MakeSpan(second));
    double sum = 0;
    for (size_t i = 0; i < rows; ++i) {
      sum += first[i];
      ASSERT_GE(second[i], 0);
    }
    ASSERT_NEAR(sum, 0, 1e-4);
  }
}

// Column 1 decides the gain, but only where column 0 is high; the loss has to find it among noise.
TEST(LambdaLossTest, TreesLearnToRank) {
  base::Random random(5);
  const auto make = [&](int groups, std::vector<float>& values, std::vector<float>& gains) {
    for (int row = 0; row < groups * 20; ++row) {
      float x[4];
      for (float& value : x) values.push_back(value = static_cast<float>(random.Uniform()));
      gains.push_back(x[0] > 0.5F ? std::floor(4 * x[1]) : 0);
    }
    return std::vector<uint32_t>(static_cast<size_t>(groups), 20);
  };
  std::vector<float> values, gains, test_values, test_gains;
  const std::vector<uint32_t> groups = make(200, values, gains);
  make(50, test_values, test_gains);
  const auto trees = BoostedTrees::Train(
      {4, values, gains, groups},
      {.objective = TreeOptions::Objective::kLambda, .rounds = 60, .depth = 3, .min_child_weight = 0.1});
  ASSERT_TRUE(trees.ok()) << trees.status();
  std::vector<float> scores(test_gains.size());
  trees->Predict(test_values, absl::MakeSpan(scores));
  for (size_t group = 0; group < 50; ++group) {
    size_t best = 20 * group;
    float most = 0;
    for (size_t row = 20 * group; row < 20 * (group + 1); ++row) {
      if (scores[row] > scores[best]) best = row;
      most = std::max(most, test_gains[row]);
    }
    EXPECT_GE(test_gains[best], most - 1) << group;
  }
}

}  // namespace
}  // namespace kontor::learn
