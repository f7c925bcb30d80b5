#include "libs/domain/recommendations/live_scores.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "libs/domain/recommendations/live_catalogue.h"
#include "libs/domain/recommendations/test_shop.h"

namespace kontor::recommendations {
namespace {

const std::vector<Signal> kSignals = {{"popular"},
                                      {"content", ReasonKind::kSimilarContent, 0, 0, Effort::kLinear, true},
                                      {"goes_with", ReasonKind::kGoesWith},
                                      {"needed", ReasonKind::kGoesWith}};

// A table of `values`, one row an item, in order.
class LiveScoresTest : public ::testing::Test {
 protected:
  void Fill(const std::vector<std::vector<float>>& values, const std::vector<ItemId>& bought = {}) {
    OwnedContext owned({bought});
    const Profile profile(owned.context, 100);
    candidates_.Reset(100, kSignals.size(), {}, profile);
    for (ItemId item = 0; item < values.size(); ++item) candidates_.Nominate(item);
    candidates_.OpenTable();
    for (size_t row = 0; row < values.size(); ++row) {
      for (size_t i = 0; i < values[row].size(); ++i) candidates_.value(row, i) = values[row][i];
    }
  }
  Candidates candidates_;
};

TEST_F(LiveScoresTest, ANewItemStandsWhereItemsAsLikeTheTasteStandAndADeviationHigher) {
  std::vector<std::vector<float>> rows;
  std::vector<float> scores;
  for (int i = 0; i < 20; ++i) {  // the more alike, the better
    rows.push_back({0, 0.05F * static_cast<float>(i + 1), 0, 0});
    scores.push_back(static_cast<float>(i));
  }
  rows.push_back({0, 1, 0, 0});      // as like as the best: the ten best, 10 to 19
  rows.push_back({0, 0.01F, 0, 0});  // the ten least alike, 0 to 9
  rows.push_back({0, 0, 0, 0});      // content says nothing
  scores.insert(scores.end(), {-7, -7, -7});
  Fill(rows);
  RankContext context;
  context.learned = 20;
  const std::vector<float> before = scores;
  EstimateFresh(kSignals, candidates_, context, scores);
  const float deviation = std::sqrt(99.0F / 12);  // of ten numbers in a row
  EXPECT_NEAR(scores[20], 14.5F + deviation, 1e-4);
  EXPECT_NEAR(scores[21], 4.5F + deviation, 1e-4);
  EXPECT_EQ(scores[22], -7);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(scores[i], before[i]) << "what was learned stays";
}

TEST_F(LiveScoresTest, BoughtItemsNeitherTeachNorAreEstimated) {
  Fill({{0, 0.5F}, {0, 0.5F}, {0, 0.5F}, {0, 0.5F}}, {1, 3});
  RankContext context;
  context.learned = 2;
  std::vector<float> scores = {1, 100, 0, 0};
  EstimateFresh(kSignals, candidates_, context, scores);
  EXPECT_THAT(scores, testing::ElementsAre(1, 100, 1, 0));
}

TEST_F(LiveScoresTest, RelationsAddToTheOddsAndNeedsComeFirst) {
  Fill({{9, 0, 0, 0}, {0, 0, 1, 0}, {0, 0, 1, 1}});
  Ranker ranker(kSignals);
  ranker.SetWeights(Task::kCompleteBasket, std::vector<float>{1, 0, 0, 0, 1, 0, 0, 0});
  std::vector<float> scores;
  ranker.ScoreAll(Task::kCompleteBasket, candidates_, {}, scores);
  EXPECT_THAT(scores, testing::ElementsAre(9, 3, 33)) << "whatever was learned, and no weight was";
  ranker.ScoreAll(Task::kNextBasket, candidates_, {}, scores);
  EXPECT_THAT(scores, testing::ElementsAre(0, 3, 6));
  ranker.set_hears_catalogue(false);
  ranker.ScoreAll(Task::kCompleteBasket, candidates_, {}, scores);
  EXPECT_THAT(scores, testing::ElementsAre(9, 0, 0));
}

TEST_F(LiveScoresTest, ContentDecidesForWhoHasMetNothingButNewItems) {
  Fill({{9, 0.1F, 0, 0}, {0, 0.9F, 0, 0}});
  Ranker ranker(kSignals);
  ranker.SetWeights(Task::kCompleteBasket, std::vector<float>{0.1F, 0, 0, 0, 0.1F, 0, 0, 0});
  const LiveCatalogue live(50, std::vector<std::shared_ptr<const FreshItem>>(50, std::make_shared<const FreshItem>()),
                           {});
  std::vector<float> scores, parts;
  for (const bool only_fresh : {true, false}) {
    OwnedContext owned({}, only_fresh ? std::vector<Seed>{{70, 1}} : std::vector<Seed>{{70, 1}, {3, 1}});
    owned.context.live = &live;
    const RankContext context(Profile(owned.context, 100));
    ranker.ScoreAll(Task::kCompleteBasket, candidates_, context, scores);
    EXPECT_EQ(scores[1] > scores[0], only_fresh);
    ranker.Contributions(Task::kCompleteBasket, {false, candidates_.row(1), 1}, context, parts);
    EXPECT_FLOAT_EQ(parts[1], only_fresh ? 9 : 0);
  }
}

TEST_F(LiveScoresTest, ContributionsAreThoseOfTheScore) {
  Ranker ranker(kSignals);
  ranker.SetWeights(Task::kNextBasket, std::vector<float>(8, 2));
  RankContext context;
  context.learned = 5;
  const std::vector<float> row = {0.5F, 0.25F, 0, 0}, related = {0, 0, 0.5F, 0};
  std::vector<float> parts;
  ranker.Contributions(Task::kNextBasket, {false, row, 7}, context, parts);
  EXPECT_THAT(parts, testing::ElementsAre(0, 1, 0, 0)) << "a new item is estimated by its content alone";
  ranker.Contributions(Task::kNextBasket, {false, row, 4}, context, parts);
  EXPECT_THAT(parts, testing::ElementsAre(1, 0.5F, 0, 0));
  ranker.Contributions(Task::kNextBasket, {false, related, 7}, context, parts);
  EXPECT_THAT(parts, testing::ElementsAre(0, 0, 1.5F, 0));
}

}  // namespace
}  // namespace kontor::recommendations
