#include "libs/domain/recommendations/ranker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "absl/strings/str_cat.h"
#include "libs/base/random.h"
#include "libs/domain/recommendations/rank_fit.h"

namespace kontor::recommendations {
namespace {

using ::testing::ElementsAre;

TEST(RankerTest, ScoresAndContributionsByHand) {
  Ranker ranker({{"a", ReasonKind::kPopular, 0.5F}, {"b", ReasonKind::kBoughtBefore, 0, 2}});
  ranker.SetWeights(Task::kNextBasket, {1, 2, 10, 20});
  const std::vector<float> row = {1, 3};  // scaled: log(1 + 1 / .5), 3
  EXPECT_NEAR(ranker.Score(Task::kNextBasket, false, row), std::log(3.0) + 2 * 3, 1e-6);
  EXPECT_NEAR(ranker.Score(Task::kNextBasket, true, row), 10 * std::log(3.0) + 20 * 3, 1e-5);
  EXPECT_EQ(ranker.Score(Task::kStranger, true, row), 0);
  std::vector<float> parts;
  ranker.Contributions(Task::kNextBasket, false, row, parts);
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_NEAR(parts[0], std::log(3.0), 1e-6);
  EXPECT_NEAR(parts[1], 2 * (3 - 2), 1e-6) << "beyond neutral";
}

// The loss that FitWeights minimises, by definition and without its scaling.
double Loss(const std::vector<RankList>& lists, const std::vector<float>& w, size_t signals) {
  double loss = 0;
  for (const RankList& list : lists) {
    std::vector<double> scores;
    double sum = 0, relevant = 0, wanted = 0;
    for (size_t r = 0; r < list.bought.size(); ++r) {
      double score = 0;
      for (size_t i = 0; i < signals; ++i) {
        score += static_cast<double>(w[(list.bought[r] ? signals : 0) + i]) * list.features[r * signals + i];
      }
      scores.push_back(score);
      sum += std::exp(score);
    }
    for (size_t r = 0; r < scores.size(); ++r) {
      if (!list.relevant[r]) continue;
      wanted += scores[r] - std::log(sum);
      ++relevant;
    }
    loss -= wanted / relevant;
  }
  return loss / static_cast<double>(lists.size());
}

std::vector<RankList> RandomLists(const std::vector<double>& truth, size_t signals, base::Random& random) {
  std::vector<RankList> lists;
  for (int l = 0; l < 2000; ++l) {
    RankList list;
    std::vector<double> scores;
    for (int r = 0; r < 20; ++r) {
      const bool bought = random.Chance(0.4);
      double score = 0;
      for (size_t i = 0; i < signals; ++i) {
        list.features.push_back(static_cast<float>(2 * random.Uniform()));
        score += truth[(bought ? signals : 0) + i] * list.features.back();
      }
      list.bought.push_back(bought);
      list.relevant.push_back(0);
      scores.push_back(score - std::log(-std::log(random.Uniform())));  // Gumbel: the largest is a softmax draw
    }
    list.relevant[static_cast<size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin())] = 1;
    lists.push_back(list);
  }
  return lists;
}

TEST(FitWeightsTest, RecoversWeightsAndFindsAMinimum) {
  const uint64_t seed = 42;
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  base::Random random(seed);
  const std::vector<double> truth = {2, 0, 1, 0, 3, 1};
  const std::vector<RankList> lists = RandomLists(truth, 3, random);
  const std::vector<float> fitted = FitWeights(lists, 3, {.ridge = 1e-6});
  ASSERT_EQ(fitted.size(), 6u);
  const double at_fit = Loss(lists, fitted, 3);
  for (size_t i = 0; i < 6; ++i) {
    EXPECT_NEAR(fitted[i], truth[i], 0.3) << i;
    EXPECT_GE(fitted[i], 0) << i;
    for (const float step : {-0.05F, 0.05F}) {
      std::vector<float> moved = fitted;
      moved[i] = std::max(0.0F, moved[i] + step);
      EXPECT_GE(Loss(lists, moved, 3), at_fit - 1e-5) << i << " by " << step;
    }
  }
}

TEST(FitWeightsTest, ASignalThatMisleadsGetsNoWeight) {
  base::Random random(7);
  const std::vector<RankList> lists = RandomLists({1, -2, 0, 0, -2, 1}, 3, random);
  const std::vector<float> fitted = FitWeights(lists, 3, {});
  EXPECT_EQ(fitted[1], 0);
  EXPECT_EQ(fitted[4], 0);
  EXPECT_GT(fitted[0], 0.5);
  EXPECT_GT(fitted[5], 0.5);
}

TEST(FitWeightsTest, SurvivesNothingToLearnFrom) {
  EXPECT_EQ(FitWeights({}, 2, {}).size(), 4u);
  const RankList none{{1, 1, 1, 1}, {0, 1}, {0, 0}};  // nothing relevant
  for (float weight : FitWeights({none}, 2, {})) EXPECT_TRUE(std::isfinite(weight));
  const RankList constant{{1, 1, 1, 1}, {0, 0}, {1, 0}};  // nothing tells the rows apart
  for (float weight : FitWeights({constant}, 2, {})) EXPECT_TRUE(std::isfinite(weight));
}

}  // namespace
}  // namespace kontor::recommendations
