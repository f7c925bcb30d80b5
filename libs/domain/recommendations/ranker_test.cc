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
  const std::vector<float> row = {1, 3};                                                   // scaled: log(1 + 1 / .5), 3
  const std::vector<float> scaled = {ranker.Scaled(0, row[0]), ranker.Scaled(1, row[1]),   // not bought
                                     ranker.Scaled(0, row[0]), ranker.Scaled(1, row[1])};  // bought
  std::vector<float> scores;
  ranker.ScoreScaled(Task::kNextBasket, scaled, {0, 1}, {}, scores);
  EXPECT_NEAR(scores[0], std::log(3.0) + 2 * 3, 1e-6);
  EXPECT_NEAR(scores[1], 10 * std::log(3.0) + 20 * 3, 1e-5);
  ranker.ScoreScaled(Task::kStranger, scaled, {0, 1}, {}, scores);
  EXPECT_THAT(scores, ElementsAre(0, 0));
  std::vector<float> parts;
  ranker.Contributions(Task::kNextBasket, {false, row, 0}, {}, parts);
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_NEAR(parts[0], std::log(3.0), 1e-6);
  EXPECT_NEAR(parts[1], 2 * (3 - 2), 1e-6) << "beyond neutral";
}

std::vector<const RankList*> Pointers(const std::vector<RankList>& lists) {
  std::vector<const RankList*> out;
  for (const RankList& list : lists) out.push_back(&list);
  return out;
}

// A ranker whose first signal is cheap and whose second is a network's; trees prefer what the second says.
Ranker TwoStages() {
  std::vector<Signal> signals = {{"cheap", ReasonKind::kPopular}, {"deep", ReasonKind::kMatchesTaste}};
  signals[0].effort = Effort::kTrend;
  signals[1].effort = Effort::kDeep;
  Ranker ranker(signals);
  ranker.SetWeights(Task::kNextBasket, {1, 0, 1, 0});
  base::Random random(4);
  std::vector<float> values, labels;
  std::vector<uint32_t> groups;
  for (int list = 0; list < 200; ++list) {
    for (int row = 0; row < 10; ++row) {
      const float cheap = static_cast<float>(random.Uniform()), deep = row == 0 ? 1 : 0;
      ranker.AppendTreeRow(false, {cheap, deep}, {}, values);
      labels.push_back(deep);
    }
    groups.push_back(10);
  }
  ranker.SetTrees(Task::kNextBasket,
                  learn::BoostedTrees::Train({ranker.tree_columns(), values, labels, groups}, {.rounds = 20}).value());
  return ranker;
}

TEST(RankerTest, TreesRankTheBestOfTheFirstStageAgain) {
  const Ranker ranker = TwoStages();
  // More rows than trees rank, falling by the first stage; the last of those within has the second signal, and one of
  // those without.
  std::vector<float> scaled;
  const size_t rows = Ranker::kTreeRows + 50;
  for (size_t row = 0; row < rows; ++row) {
    scaled.push_back(1 - static_cast<float>(row) / static_cast<float>(rows));
    scaled.push_back(row == Ranker::kTreeRows - 1 || row == Ranker::kTreeRows + 10 ? 1 : 0);
  }
  std::vector<float> scores;
  ranker.ScoreScaled(Task::kNextBasket, scaled, std::vector<uint8_t>(rows, 0), {}, scores);
  const auto best = std::max_element(scores.begin(), scores.end()) - scores.begin();
  EXPECT_EQ(static_cast<size_t>(best), Ranker::kTreeRows - 1);
  const float lowest = *std::min_element(scores.begin(), scores.begin() + Ranker::kTreeRows);
  for (size_t row = Ranker::kTreeRows; row < rows; ++row) {
    EXPECT_LT(scores[row], lowest);
    EXPECT_TRUE(row == Ranker::kTreeRows || scores[row] <= scores[row - 1]) << "the first stage's order";
  }
  std::vector<float> parts;
  const std::vector<float> row = {0.5F, 1};
  ranker.Contributions(Task::kNextBasket, {false, row, 0}, {}, parts);
  EXPECT_GT(parts[1], parts[0]);
}

TEST(RankerTest, LowerEffortsHaveNoTreesAndWeightsOfTheirOwn) {
  Ranker ranker = TwoStages();
  ranker.SetWeights(Task::kNextBasket, Effort::kTrend, {3, 0, 3, 0});
  RankContext context;
  context.effort = Effort::kTrend;
  std::vector<float> scores;
  ranker.ScoreScaled(Task::kNextBasket, {0.2F, 0, 0.1F, 1}, {0, 0}, context, scores);
  EXPECT_THAT(scores, ElementsAre(testing::FloatEq(0.6F), testing::FloatEq(0.3F)));
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
  const std::vector<float> fitted = FitWeights(Pointers(lists), {true, true, true}, {.ridge = 1e-6});
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
  const std::vector<float> fitted = FitWeights(Pointers(lists), {true, true, true}, {});
  EXPECT_EQ(fitted[1], 0);
  EXPECT_EQ(fitted[4], 0);
  EXPECT_GT(fitted[0], 0.5);
  EXPECT_GT(fitted[5], 0.5);
}

TEST(FitWeightsTest, SurvivesNothingToLearnFrom) {
  EXPECT_EQ(FitWeights({}, {true, true}, {}).size(), 4u);
  const RankList none{{1, 1, 1, 1}, {0, 1}, {0, 0}};  // nothing relevant
  for (float weight : FitWeights({&none}, {true, true}, {})) EXPECT_TRUE(std::isfinite(weight));
  const RankList constant{{1, 1, 1, 1}, {0, 0}, {1, 0}};  // nothing tells the rows apart
  for (float weight : FitWeights({&constant}, {true, true}, {})) EXPECT_TRUE(std::isfinite(weight));
}

}  // namespace
}  // namespace kontor::recommendations
