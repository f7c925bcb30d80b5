#include "libs/domain/recommendations/fit_ranker.h"

#include <gtest/gtest.h>

#include <cmath>
#include <utility>
#include <vector>

#include "libs/base/random.h"
#include "libs/domain/recommendations/rank_lists.h"

namespace kontor::recommendations {
namespace {

constexpr size_t kRows = 12;

Ranker TwoSignals() { return Ranker({{"a", ReasonKind::kPopular}, {"b", ReasonKind::kPopular}}); }

// One row of each list is relevant: the one that `relevant(a, b)` values most.
template <typename F>
std::vector<RankList> Lists(int count, F relevant) {
  base::Random random(11);
  std::vector<RankList> lists;
  for (int i = 0; i < count; ++i) {
    RankList list;
    list.wanted = 1;
    size_t best = 0;
    for (size_t row = 0; row < kRows; ++row) {
      list.features.push_back(static_cast<float>(random.Uniform()));
      list.features.push_back(static_cast<float>(random.Uniform()));
      const float* x = list.features.data();
      if (relevant(x[2 * row], x[2 * row + 1]) > relevant(x[2 * best], x[2 * best + 1])) best = row;
    }
    list.bought.assign(kRows, 0);
    list.relevant.assign(kRows, 0);
    list.relevant[best] = 1;
    lists.push_back(std::move(list));
  }
  return lists;
}

float WhereOneAloneIsLarge(float a, float b) { return (a - 0.5F) * (0.5F - b); }
float Sum(float a, float b) { return a + b; }

TEST(FitTaskTest, TreesAreChosenWhereTheBlendCannotFollow) {
  Ranker ranker = TwoSignals();
  const auto fit = FitTask(Task::kNextBasket, Lists(1'200, WhereOneAloneIsLarge), {}, ranker);
  ASSERT_TRUE(fit.ok()) << fit.status();
  EXPECT_TRUE(fit->chose_trees);
  EXPECT_FALSE(ranker.trees(Task::kNextBasket).empty());
  EXPECT_GT(fit->trees.ndcg, 1.3 * fit->linear.ndcg);
  EXPECT_EQ(fit->chosen().ndcg, fit->trees.ndcg);
}

TEST(FitTaskTest, TheBlendStaysWhereItIsTheTruthOrListsAreFew) {
  Ranker ranker = TwoSignals();
  const auto fit = FitTask(Task::kNextBasket, Lists(1'200, Sum), {}, ranker);
  ASSERT_TRUE(fit.ok()) << fit.status();
  EXPECT_FALSE(fit->chose_trees);
  EXPECT_TRUE(ranker.trees(Task::kNextBasket).empty());
  EXPECT_GT(fit->linear.ndcg, 0.97);

  const auto few = FitTask(Task::kNextBasket, Lists(400, WhereOneAloneIsLarge), {}, ranker);
  ASSERT_TRUE(few.ok()) << few.status();
  EXPECT_EQ(few->trees.ndcg, 0) << "not tried";
}

TEST(EvaluateListsTest, WhatWasNotNominatedIsMissed) {
  Ranker ranker = TwoSignals();
  ranker.SetWeights(Task::kNextBasket, {1, 0, 1, 0});
  RankList list{{0.9F, 0, 0.5F, 0}, {0, 0}, {1, 0}, {}, 2};  // the best of two rows, and one that is not there
  const RankList* lists[] = {&list};
  const RankingMetrics metrics = EvaluateLists(ranker, Task::kNextBasket, lists, 10);
  EXPECT_NEAR(metrics.recall, 0.5, 1e-9);
  EXPECT_NEAR(metrics.ndcg, 1 / (1 + 1 / std::log2(3.0)), 1e-9);
}

}  // namespace
}  // namespace kontor::recommendations
