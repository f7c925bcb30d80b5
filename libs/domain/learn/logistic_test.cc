#include "libs/domain/learn/logistic.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace kontor::learn {
namespace {

struct OwnedRows {
  void Add(std::vector<uint32_t> features, uint8_t label) {
    columns.insert(columns.end(), features.begin(), features.end());
    offsets.push_back(columns.size());
    labels.push_back(label);
  }
  BinaryRows rows(uint32_t features) const { return {features, offsets, columns, labels}; }
  std::vector<uint64_t> offsets = {0};
  std::vector<uint32_t> columns;
  std::vector<uint8_t> labels;
};

// Row i has features i mod 3 and 3 + (i / 3) mod 2.
OwnedRows TwentyFour() {
  const std::vector<uint8_t> labels = {1, 0, 0, 1, 0, 1, 1, 0, 1, 1, 1, 0, 0, 1, 0, 1, 0, 0, 1, 0, 1, 1, 0, 1};
  OwnedRows out;
  for (uint32_t i = 0; i < 24; ++i) out.Add({i % 3, 3 + i / 3 % 2}, labels[i]);
  return out;
}

TEST(LogisticRegressionTest, EqualsScikitLearn) {
  const auto model = LogisticRegression::Train(TwentyFour().rows(5), 1);
  ASSERT_TRUE(model.ok()) << model.status();
  // LogisticRegression(C=1, max_iter=10000, tol=1e-12) of scikit-learn 1.9.1.
  const double wanted[] = {0.94383532, -0.8124401, -0.1313952, -0.13732151, 0.13732153};
  for (size_t i = 0; i < 5; ++i) EXPECT_NEAR(model->weights()[i], wanted[i], 1e-6) << i;
  EXPECT_NEAR(model->intercept(), 0.19742665, 1e-6);
  EXPECT_NEAR(model->Probability(std::vector<uint32_t>{0, 4, 99}),
              1 / (1 + std::exp(-(0.94383532 + 0.13732153 + 0.19742665))), 1e-7);
}

TEST(LogisticRegressionTest, ALargePenaltyLeavesTheMean) {
  const auto model = LogisticRegression::Train(TwentyFour().rows(5), 1e-9);
  ASSERT_TRUE(model.ok());
  EXPECT_NEAR(model->Probability(std::vector<uint32_t>{1, 3}), 13 / 24., 1e-6);
}

TEST(LogisticRegressionTest, SeparableRowsEnd) {
  OwnedRows owned;
  for (int i = 0; i < 100; ++i) owned.Add({static_cast<uint32_t>(i % 2)}, static_cast<uint8_t>(i % 2));
  const auto model = LogisticRegression::Train(owned.rows(2), 1e6);
  ASSERT_TRUE(model.ok());
  EXPECT_GT(model->Probability(std::vector<uint32_t>{1}), .999);
  EXPECT_LT(model->Probability(std::vector<uint32_t>{0}), .001);
}

TEST(LogisticRegressionTest, RefusesBadRows) {
  OwnedRows owned = TwentyFour();
  EXPECT_EQ(LogisticRegression::Train(owned.rows(4), 1).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(LogisticRegression::Train(owned.rows(5), 0).status().code(), absl::StatusCode::kInvalidArgument);
  owned.labels[3] = 2;
  EXPECT_EQ(LogisticRegression::Train(owned.rows(5), 1).status().code(), absl::StatusCode::kInvalidArgument);
  owned.labels.assign(24, 1);
  EXPECT_EQ(LogisticRegression::Train(owned.rows(5), 1).status().code(), absl::StatusCode::kFailedPrecondition);
  owned.offsets.pop_back();
  EXPECT_EQ(LogisticRegression::Train(owned.rows(5), 1).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace kontor::learn
