#include "libs/domain/learn/boosted_trees.h"

#include <gtest/gtest.h>
#include <xgboost/c_api.h>

#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "libs/base/random.h"

namespace kontor::learn {
namespace {

constexpr size_t kColumns = 5;
constexpr uint32_t kGroup = 20;

// The gain depends on an interaction that no sum of columns has.
struct Data {
  Data(size_t rows, uint64_t seed) {
    base::Random random(seed);
    for (size_t row = 0; row < rows; ++row) {
      float x[kColumns];
      for (float& value : x) values.push_back(value = static_cast<float>(random.Uniform()));
      labels.push_back((x[0] > 0.5F) != (x[1] > 0.5F) ? 1 : 0);
      if (row % kGroup == 0) groups.push_back(kGroup);
    }
  }
  TreeRows rows() const { return {kColumns, values, labels, groups}; }
  std::vector<float> values, labels;
  std::vector<uint32_t> groups;
};

// What XGBoost predicts itself, trained with the same parameters.
std::vector<float> ByXgBoost(const Data& data, const char* objective, const char* base_score) {
  DMatrixHandle matrix;
  XGDMatrixCreateFromMat(data.values.data(), data.labels.size(), kColumns, std::nanf(""), &matrix);
  XGDMatrixSetFloatInfo(matrix, "label", data.labels.data(), data.labels.size());
  BoosterHandle booster;
  XGBoosterCreate(&matrix, 1, &booster);
  const std::pair<const char*, const char*> parameters[] = {{"objective", objective},
                                                            {"eta", "0.1"},
                                                            {"max_depth", "4"},
                                                            {"subsample", "0.8"},
                                                            {"colsample_bytree", "0.8"},
                                                            {"min_child_weight", "0.1"},
                                                            {"nthread", "1"},
                                                            {"seed", "1"},
                                                            {"base_score", base_score},
                                                            {"tree_method", "hist"},
                                                            {"verbosity", "0"}};
  for (const auto& [name, value] : parameters) XGBoosterSetParam(booster, name, value);
  for (int round = 0; round < 40; ++round) XGBoosterUpdateOneIter(booster, round, matrix);
  bst_ulong size = 0;
  const float* margins = nullptr;
  XGBoosterPredict(booster, matrix, 1, 0, 0, &size, &margins);  // 1: margins
  std::vector<float> out(margins, margins + size);
  XGBoosterFree(booster);
  XGDMatrixFree(matrix);
  return out;
}

TEST(BoostedTreesTest, PredictsWhatXgBoostPredicts) {
  const Data data(1'000, 3);
  const std::pair<TreeOptions::Objective, const char*> kinds[] = {
      {TreeOptions::Objective::kLogistic, "binary:logistic"}, {TreeOptions::Objective::kSquared, "reg:squarederror"}};
  for (const auto& [objective, name] : kinds) {
    const auto trees = BoostedTrees::Train(data.rows(), {.objective = objective, .rounds = 40});
    ASSERT_TRUE(trees.ok()) << trees.status();
    EXPECT_EQ(trees->trees(), 40u);
    std::vector<float> mine(data.labels.size());
    trees->Predict(data.values, absl::MakeSpan(mine));
    const std::vector<float> theirs =
        ByXgBoost(data, name, objective == TreeOptions::Objective::kLogistic ? "0.5" : "0");
    ASSERT_EQ(theirs.size(), mine.size());
    for (size_t row = 0; row < mine.size(); ++row) ASSERT_NEAR(mine[row], theirs[row], 1e-5) << name << ", row " << row;
  }
}

TEST(BoostedTreesTest, OneSoftmaxTreeByHand) {
  // Two rows a group, equal margins: p = 1/2, first derivative -1/2 and 1/2, second 1/4 each. Split on the only column,
  // a leaf holds 10 rows: -sum first / (sum second + 1) = 5 / 3.5, with XGBoost's own ridge of 1.
  std::vector<float> values, labels;
  std::vector<uint32_t> groups;
  for (int group = 0; group < 10; ++group) {
    values.insert(values.end(), {1, 0});
    labels.insert(labels.end(), {1, 0});
    groups.push_back(2);
  }
  const auto trees = BoostedTrees::Train(
      {1, values, labels, groups}, {.rounds = 1, .depth = 1, .learning_rate = 1, .row_share = 1, .column_share = 1});
  ASSERT_TRUE(trees.ok()) << trees.status();
  float scores[2];
  trees->Predict(std::vector<float>{1, 0}, absl::MakeSpan(scores));
  EXPECT_NEAR(scores[0], 5 / 3.5, 1e-5);
  EXPECT_NEAR(scores[1], -5 / 3.5, 1e-5);
}

TreeOptions HuberOptions(int rounds, double width) {
  return {.objective = TreeOptions::Objective::kHuber,
          .rounds = rounds,
          .depth = 1,
          .learning_rate = 1,
          .row_share = 1,
          .column_share = 1,
          .huber_width = width};
}

TEST(BoostedTreesTest, OneHuberTreeByHand) {
  // Width 1, from 0: the errors' derivatives are clipped to 1, their weights 1 over the size: on the left
  // (1 + 1 + 1) / (1 + 1/2 + 1/10 + 1), on the right -(1 + 1 + .5) / (1/4 + 1/5 + 1 + 1), with XGBoost's ridge of 1.
  const std::vector<float> values = {0, 0, 0, 1, 1, 1}, labels = {1, 2, 10, -4, -5, -0.5};
  const auto trees = BoostedTrees::Train({1, values, labels, {}, {}}, HuberOptions(1, 1));
  ASSERT_TRUE(trees.ok()) << trees.status();
  std::vector<float> out(6);
  trees->Predict(values, absl::MakeSpan(out));
  EXPECT_NEAR(out[0], 3 / 2.6, 1e-5);
  EXPECT_NEAR(out[3], -2.5 / 2.45, 1e-5);
  EXPECT_EQ(BoostedTrees::Train({1, values, labels, {}, {}}, HuberOptions(1, 0)).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(BoostedTreesTest, HuberEndsAtMedians) {
  std::vector<float> values, labels;
  for (int row = 0; row < 101; ++row) {
    values.insert(values.end(), {0, 1});
    labels.insert(labels.end(), {row < 60 ? 0.01F * static_cast<float>(row) : 50, row < 60 ? -3.0F : 900});
  }
  const auto trees = BoostedTrees::Train({1, values, labels, {}, {}}, HuberOptions(200, 0.05));
  ASSERT_TRUE(trees.ok()) << trees.status();
  std::vector<float> out(2);
  trees->Predict(std::vector<float>{0, 1}, absl::MakeSpan(out));
  EXPECT_NEAR(out[0], 0.5, 0.02);  // the means are 20.4 and 364
  EXPECT_NEAR(out[1], -3, 0.05);
}

TEST(BoostedTreesTest, TreesAddToWhatIsThere) {
  // Margins that are the labels leave nothing to learn; others are made up for: squared, a leaf is -sum / (rows + 1).
  const std::vector<float> values = {0, 0, 1, 1}, labels = {1, 1, 3, 3}, offset = {2, 2, 4, 4};
  const TreeOptions options = {.objective = TreeOptions::Objective::kSquared,
                               .rounds = 1,
                               .depth = 1,
                               .learning_rate = 1,
                               .row_share = 1,
                               .column_share = 1};
  std::vector<float> out(4);
  const auto none = BoostedTrees::Train({1, values, labels, {}, labels}, options);
  ASSERT_TRUE(none.ok()) << none.status();
  none->Predict(values, absl::MakeSpan(out));
  for (const float x : out) EXPECT_NEAR(x, 0, 1e-6);
  const auto down = BoostedTrees::Train({1, values, labels, {}, offset}, options);
  ASSERT_TRUE(down.ok()) << down.status();
  down->Predict(values, absl::MakeSpan(out));
  for (const float x : out) EXPECT_NEAR(x, -4 / 5.0, 1e-5);  // no split gains: four rows are 1 too high
  EXPECT_EQ(BoostedTrees::Train({1, values, labels, {}, {1, 2}}, options).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(BoostedTreesTest, RanksByAnInteraction) {
  const Data train(4'000, 5), test(2'000, 6);
  const auto trees = BoostedTrees::Train(train.rows(), {});
  ASSERT_TRUE(trees.ok()) << trees.status();
  std::vector<float> scores(test.labels.size());
  trees->Predict(test.values, absl::MakeSpan(scores));
  int right = 0, pairs = 0;
  for (size_t first = 0; first < scores.size(); first += kGroup) {
    for (size_t a = first; a < first + kGroup; ++a) {
      for (size_t b = first; b < first + kGroup; ++b) {
        if (!(test.labels[a] > test.labels[b])) continue;
        ++pairs;
        right += scores[a] > scores[b];
      }
    }
  }
  EXPECT_GT(right, 0.97 * pairs);
}

TEST(BoostedTreesTest, ContributionsAndBiasSumToThePrediction) {
  const Data data(500, 7);
  const auto trees = BoostedTrees::Train(data.rows(), {.rounds = 30, .depth = 3});
  ASSERT_TRUE(trees.ok()) << trees.status();
  double others = 0, real = 0;
  for (size_t row = 0; row < data.labels.size(); ++row) {
    const auto values = absl::MakeConstSpan(data.values).subspan(row * kColumns, kColumns);
    float prediction = 0, parts[kColumns];
    trees->Predict(values, absl::MakeSpan(&prediction, 1));
    trees->Contributions(values, absl::MakeSpan(parts));
    float sum = trees->bias();
    for (size_t c = 0; c < kColumns; ++c) {
      sum += parts[c];
      (c < 2 ? real : others) += std::abs(parts[c]);
    }
    ASSERT_NEAR(sum, prediction, 1e-4);
  }
  EXPECT_GT(real, 5 * others);
}

TEST(BoostedTreesTest, ReadsWhatItWroteAndRefusesOtherBytes) {
  const Data data(400, 9);
  const auto trees = BoostedTrees::Train(data.rows(), {.rounds = 5, .depth = 2});
  base::ByteWriter out;
  trees->Save(out);
  base::ByteReader in(out.bytes());
  const BoostedTrees read = BoostedTrees::Load(in);
  ASSERT_TRUE(in.status().ok() && in.AtEnd());
  std::vector<float> before(data.labels.size()), after(data.labels.size());
  trees->Predict(data.values, absl::MakeSpan(before));
  read.Predict(data.values, absl::MakeSpan(after));
  EXPECT_EQ(before, after);
  for (size_t size = 0; size < out.bytes().size(); size += 7) {
    base::ByteReader cut(absl::string_view(out.bytes()).substr(0, size));
    EXPECT_TRUE(BoostedTrees::Load(cut).empty());
    EXPECT_EQ(cut.status().code(), absl::StatusCode::kDataLoss);
  }
}

TEST(BoostedTreesTest, SaysWhatIsWrongWithRows) {
  Data data(40, 1);
  const auto code = [&](TreeRows rows, TreeOptions options = {}) {
    return BoostedTrees::Train(rows, options).status().code();
  };
  EXPECT_EQ(code({}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({kColumns, data.values, data.labels, {}}), absl::StatusCode::kInvalidArgument);  // no groups
  EXPECT_EQ(code({kColumns + 1, data.values, data.labels, data.groups}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code(data.rows(), {.depth = 9}), absl::StatusCode::kInvalidArgument);
  data.values[3] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(code(data.rows()), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace kontor::learn
