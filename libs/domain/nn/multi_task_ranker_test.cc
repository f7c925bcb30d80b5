#include "libs/domain/nn/multi_task_ranker.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "libs/base/random.h"
#include "libs/domain/nn/test_data.h"

namespace kontor::nn {
namespace {

using Ranker = std::unique_ptr<const MultiTaskRanker>;
constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();

double Logistic(double x) { return 1 / (1 + std::exp(-x)); }
double ClickChance(const float* x) { return Logistic(x[0] - 1); }
double PurchaseChance(const float* x) { return Logistic(2 * x[1] * x[2] - 2); }  // no linear model finds it
double Margin(const float* x) { return 500 + 100 * x[0]; }

struct Rows {
  std::vector<float> features, labels, weights;
  RankerRows View() const { return {4, features, labels, weights}; }
};

// Features in quite different units: the third times 1,000, the fourth a constant.
Rows MakeRows(int count, uint64_t seed) {
  Rows rows;
  base::Random random(seed);
  for (int i = 0; i < count; ++i) {
    const float x[3] = {static_cast<float>(random.Normal()), static_cast<float>(random.Normal()),
                        static_cast<float>(random.Normal())};
    rows.features.insert(rows.features.end(), {x[0], x[1], 1000 * x[2] + 5000, 7});
    const bool bought = random.Chance(PurchaseChance(x));
    const bool known = random.Chance(0.5);  // half of the carts were not recorded
    rows.labels.insert(
        rows.labels.end(),
        {random.Chance(ClickChance(x)) ? 1.0F : 0.0F, known ? (random.Chance(ClickChance(x)) ? 1.0F : 0.0F) : kUnknown,
         bought ? 1.0F : 0.0F, bought ? static_cast<float>(Margin(x) + 10 * random.Normal()) : kUnknown});
  }
  return rows;
}

MultiTaskRankerOptions Small(int experts) {
  MultiTaskRankerOptions options;
  options.experts = experts;
  options.hidden = 32;
  options.output = 16;
  options.batch_rows = 256;
  options.dropout = 0;
  options.rate = 5e-3;
  return options;
}

TEST(MultiTaskRankerTest, LearnsTheChancesAndTheMarginWithOneExpertAndWithMany) {
  const Rows train = MakeRows(8000, 3), validation = MakeRows(3000, 4);
  for (int experts : {1, 3}) {
    const absl::StatusOr<Ranker> ranker =
        TrainMultiTaskRanker(train.View(), validation.View(), Small(experts), {.max_epochs = 15});
    ASSERT_TRUE(ranker.ok()) << ranker.status();
    double click = 0, cart = 0, purchase = 0, margin = 0;  // mean absolute errors to the truth
    std::vector<float> out(kRankerTasks);
    for (int i = 0; i < 1000; ++i) {
      const float* row = validation.features.data() + 4 * i;
      const float x[3] = {row[0], row[1], (row[2] - 5000) / 1000};
      ASSERT_TRUE((*ranker)->Predict({row, 4}, absl::MakeSpan(out)).ok());
      click += std::abs(out[0] - ClickChance(x)) / 1000;
      cart += std::abs(out[1] - ClickChance(x)) / 1000;
      purchase += std::abs(out[2] - PurchaseChance(x)) / 1000;
      margin += std::abs(out[3] - Margin(x)) / 1000;
    }
    EXPECT_LT(click, 0.04) << experts;
    EXPECT_LT(cart, 0.06) << experts;
    EXPECT_LT(purchase, 0.06) << experts;
    EXPECT_LT(margin, 15) << experts;
    const std::array<double, kRankerTasks> gain = RelativeGain(**ranker, validation.View());
    EXPECT_GT(gain[0], 0.08);
    EXPECT_GT(gain[2], 0.15);
    EXPECT_GT(gain[3], 0.95);
  }
}

TEST(MultiTaskRankerTest, RowsOfWeightZeroTeachNothing) {
  Rows train = MakeRows(4000, 3);
  const Rows validation = MakeRows(2000, 4);
  const size_t rows = train.labels.size() / kRankerTasks;
  for (size_t i = 0; i < rows; ++i) {  // every second row lies about clicks
    train.weights.push_back(i % 2 == 0 ? 1 : 0);
    if (i % 2 == 1) train.labels[i * kRankerTasks] = train.features[4 * i] > 0 ? 0 : 1;
  }
  const absl::StatusOr<Ranker> ranker =
      TrainMultiTaskRanker(train.View(), validation.View(), Small(1), {.max_epochs = 10});
  ASSERT_TRUE(ranker.ok()) << ranker.status();
  EXPECT_GT(RelativeGain(**ranker, validation.View())[0], 0.08);
}

TEST(MultiTaskRankerTest, TasksWithoutLabelsDoNotDisturbTheOthers) {
  Rows train = MakeRows(4000, 3), validation = MakeRows(2000, 4);
  for (size_t i = 0; i < train.labels.size(); ++i) {
    if (i % kRankerTasks != 0) train.labels[i] = kUnknown;
  }
  const absl::StatusOr<Ranker> ranker =
      TrainMultiTaskRanker(train.View(), validation.View(), Small(2), {.max_epochs = 10});
  ASSERT_TRUE(ranker.ok()) << ranker.status();
  EXPECT_GT(RelativeGain(**ranker, validation.View())[0], 0.08);
}

TEST(MultiTaskRankerTest, BatchesAndSavedModelsPredictTheSame) {
  const Rows train = MakeRows(600, 3), validation = MakeRows(600, 4);
  const absl::StatusOr<Ranker> ranker =
      TrainMultiTaskRanker(train.View(), validation.View(), Small(2), {.max_epochs = 1});
  ASSERT_TRUE(ranker.ok()) << ranker.status();
  std::vector<float> all(600 * kRankerTasks), one(kRankerTasks), loaded_all(all.size());
  ASSERT_TRUE((*ranker)->Predict(validation.features, absl::MakeSpan(all)).ok());
  for (size_t i : {size_t{0}, size_t{255}, size_t{256}, size_t{599}}) {
    ASSERT_TRUE(
        (*ranker)->Predict(absl::MakeConstSpan(validation.features).subspan(4 * i, 4), absl::MakeSpan(one)).ok());
    for (size_t task = 0; task < kRankerTasks; ++task) {
      EXPECT_NEAR(one[task], all[i * kRankerTasks + task], 1e-3 * (1 + std::abs(one[task]))) << i;
    }
  }
  const absl::StatusOr<Ranker> loaded = LoadMultiTaskRanker((*ranker)->Save());
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  ASSERT_TRUE((*loaded)->Predict(validation.features, absl::MakeSpan(loaded_all)).ok());
  EXPECT_EQ(loaded_all, all);
  ExpectBrokenModelsAreRefused((*ranker)->Save(), LoadMultiTaskRanker);
  EXPECT_EQ(LoadMultiTaskRanker((*ranker)->Save().substr(0, 200)).status().code(), absl::StatusCode::kDataLoss);
}

TEST(MultiTaskRankerTest, BadRowsAreRefused) {
  const Rows good = MakeRows(100, 3);
  const auto code = [&](const Rows& rows) {
    return TrainMultiTaskRanker(rows.View(), good.View(), Small(1), {.max_epochs = 1}).status().code();
  };
  ASSERT_EQ(code(good), absl::StatusCode::kOk);
  Rows bad = good;
  bad.features[5] = kUnknown;
  EXPECT_EQ(code(bad), absl::StatusCode::kInvalidArgument);
  bad = good;
  bad.labels[0] = 0.5F;
  EXPECT_EQ(code(bad), absl::StatusCode::kInvalidArgument);
  bad = good;
  bad.labels.pop_back();
  EXPECT_EQ(code(bad), absl::StatusCode::kInvalidArgument);
  bad = good;
  bad.weights.assign(100, -1);
  EXPECT_EQ(code(bad), absl::StatusCode::kInvalidArgument);
  bad = good;
  bad.labels.assign(400, kUnknown);
  EXPECT_EQ(code(bad), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code(Rows{}), absl::StatusCode::kInvalidArgument);

  const absl::StatusOr<Ranker> ranker = TrainMultiTaskRanker(good.View(), good.View(), Small(1), {.max_epochs = 1});
  ASSERT_TRUE(ranker.ok());
  std::vector<float> features(8, kUnknown), out(8), one(4);
  EXPECT_EQ((*ranker)->Predict(features, absl::MakeSpan(out)).code(), absl::StatusCode::kInvalidArgument);
  features.assign(8, 0);
  EXPECT_EQ((*ranker)->Predict(features, absl::MakeSpan(one)).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE((*ranker)->Predict({}, {}).ok());
}

}  // namespace
}  // namespace kontor::nn
