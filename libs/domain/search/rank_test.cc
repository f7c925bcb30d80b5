#include "libs/domain/search/rank.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "libs/base/random.h"
#include "libs/base/status.h"
#include "libs/domain/search/rank_linear.h"

namespace kontor::search {
namespace {

constexpr auto kFused = static_cast<size_t>(Feature::kFused);
constexpr auto kPrior = static_cast<size_t>(Feature::kPrior);
constexpr auto kRun = static_cast<size_t>(Feature::kRun);
constexpr auto kPrice = static_cast<size_t>(Feature::kPrice);

// What is worth something is seen by kRun and, where kPrice is high, not at all; the first stage sees it through noise.
std::vector<RankList> Judged(size_t queries, uint64_t seed, double signal = 1) {
  base::Random random(seed);
  std::vector<RankList> out(queries);
  for (size_t q = 0; q < queries; ++q) {
    out[q].query = seed * 1'000'003 + q;
    for (int row = 0; row < 20; ++row) {
      std::vector<float> features(kFeatures, 0);
      features[kRun] = static_cast<float>(random.Uniform());
      features[kPrice] = static_cast<float>(2 * random.Uniform() - 1);
      const double worth = features[kPrice] > 0 ? 0 : signal * features[kRun];
      features[kFused] = static_cast<float>(worth + random.Uniform());
      features[kPrior] = features[kFused];
      out[q].gains.push_back(static_cast<float>(std::floor(3 * worth)));
      out[q].features.insert(out[q].features.end(), features.begin(), features.end());
    }
    out[q].missed = {1};
  }
  return out;
}

TrainRankOptions Quick() {
  TrainRankOptions options;
  options.trees.rounds = 40;
  options.trees.depth = 3;
  options.trees.min_child_weight = 0.1;
  return options;
}

TEST(RankTest, LearnsWhatTheFirstStageDoesNotSee) {
  const std::vector<RankList> lists = Judged(300, 3);
  const auto training = TrainRanker(lists, nullptr, Quick());
  ASSERT_TRUE(training.ok()) << training.status();
  EXPECT_GT(training->ndcg, training->first_stage_ndcg + 0.1);
  EXPECT_GT(training->ndcg, training->linear_ndcg);
  EXPECT_GT(training->linear_ndcg, training->first_stage_ndcg);
  EXPECT_GT(training->against_first_stage.low, 0);
  EXPECT_TRUE(training->gate.ok());
  EXPECT_EQ(training->serving_ndcg, training->first_stage_ndcg);  // the prior is the first stage's score here
  EXPECT_EQ(training->queries, 300);
  EXPECT_EQ(training->ranker.kind(), LearnedRanker::Kind::kTrees);
  // What was cross-validated comes true on queries that nothing has seen.
  const std::vector<RankList> fresh = Judged(300, 4);
  std::vector<float> scores;
  for (const RankList& list : fresh) {
    std::vector<float> one(list.gains.size());
    training->ranker.Score(list.features, absl::MakeSpan(one));
    scores.insert(scores.end(), one.begin(), one.end());
  }
  const std::vector<double> ndcg = ListNdcg(fresh, scores, 10);
  EXPECT_NEAR(std::accumulate(ndcg.begin(), ndcg.end(), 0.0) / 300, training->ndcg, 0.03);
  EXPECT_EQ(TrainRanker(lists, nullptr, Quick())->ranker.Save(), training->ranker.Save());
}

TEST(RankTest, RefusesWhatIsNotBetter) {
  const std::vector<RankList> noise = Judged(200, 5, 0);
  EXPECT_EQ(base::ErrorReason(TrainRanker(noise, nullptr, Quick()).status()), "TOO_FEW_QUERIES");  // no gains at all
  const std::vector<RankList> lists = Judged(200, 6);
  const auto first = TrainRanker(lists, nullptr, Quick());
  ASSERT_TRUE(first.ok());
  // The same data again: nothing to gain over what serves.
  const auto again = TrainRanker(lists, &first->ranker, Quick());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->gate.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(base::ErrorReason(again->gate), "NOT_BETTER");
  EXPECT_LE(again->against_serving.low, 0);
  EXPECT_GT(again->serving_ndcg, again->first_stage_ndcg);
  EXPECT_EQ(again->ranker.kind(), LearnedRanker::Kind::kLinear);  // has learned nothing
}

TEST(RankTest, RefusesWhatIsWrong) {
  std::vector<RankList> lists = Judged(60, 7);
  const auto code = [&](TrainRankOptions options = Quick()) {
    return TrainRanker(lists, nullptr, options).status().code();
  };
  TrainRankOptions options = Quick();
  options.folds = 1;
  EXPECT_EQ(code(options), absl::StatusCode::kInvalidArgument);
  options = Quick();
  options.worthless_share = 0;
  EXPECT_EQ(code(options), absl::StatusCode::kInvalidArgument);
  for (RankList& list : lists) list.query = 1;  // all in one fold
  EXPECT_EQ(code(), absl::StatusCode::kFailedPrecondition);
  lists = Judged(60, 7);
  lists[3].gains[2] = -1;
  EXPECT_EQ(code(), absl::StatusCode::kInvalidArgument);
  lists[3].gains[2] = 0;
  lists[3].features[5] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(code(), absl::StatusCode::kInvalidArgument);
  lists[3].features.pop_back();
  EXPECT_EQ(code(), absl::StatusCode::kInvalidArgument);
  lists = Judged(20, 7);
  EXPECT_EQ(base::ErrorReason(TrainRanker(lists, nullptr, Quick()).status()), "TOO_FEW_QUERIES");
  EXPECT_EQ(TrainRanker({}, nullptr, Quick()).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(RankTest, LinearWeightsAreTheMinimum) {
  const std::vector<RankList> lists = Judged(100, 8);
  std::vector<const RankList*> all;
  for (const RankList& list : lists) all.push_back(&list);
  const LinearRanker linear = FitLinearRanker(all, 5, 1e-3);
  EXPECT_GT(linear.weights[kRun], 0.1);
  EXPECT_GT(linear.weights[kFused] + linear.weights[kPrior], 0.1);
  EXPECT_EQ(linear.weights[kPrice], 0);  // may not be weighed
  // The loss of ListNet with its ridge, worked out apart: no step from the weights makes it smaller.
  const auto loss = [&](const LinearRanker& ranker) {
    double sum = 0, norm = 0;
    for (const RankList& list : lists) {
      std::vector<float> scores(list.gains.size());
      LearnedRanker(ranker).Score(list.features, absl::MakeSpan(scores));
      double total = 0, gains = 0;
      for (size_t i = 0; i < scores.size(); ++i) {
        total += std::exp(static_cast<double>(scores[i]));
        gains += list.gains[i];
      }
      for (size_t i = 0; i < scores.size(); ++i) sum -= list.gains[i] / gains * (scores[i] - std::log(total));
    }
    for (const float weight : ranker.weights) norm += weight * weight;
    return sum / static_cast<double>(lists.size()) + 1e-3 * norm;
  };
  for (const size_t feature : {kRun, kFused}) {
    for (const float step : {-0.02F, 0.02F}) {
      LinearRanker other = linear;
      other.weights[feature] += step;
      EXPECT_GT(loss(other), loss(linear)) << feature << " " << step;
    }
  }
  EXPECT_LE(FitLinearRanker(all, 0.3F, 0).weights[kRun], 0.3F);
}

TEST(RankTest, ContributionsAddUp) {
  const auto training = TrainRanker(Judged(100, 9), nullptr, Quick());
  ASSERT_TRUE(training.ok());
  const std::vector<RankList> lists = Judged(1, 10);
  const auto row = absl::MakeConstSpan(lists[0].features).first(kFeatures);
  for (const LearnedRanker& ranker : {training->ranker, LearnedRanker(training->ranker.linear()), LearnedRanker()}) {
    float score = 0;
    std::vector<float> parts(kFeatures);
    ranker.Score(row, absl::MakeSpan(&score, 1));
    const float base = ranker.Contributions(row, absl::MakeSpan(parts));
    EXPECT_NEAR(std::accumulate(parts.begin(), parts.end(), base), score, 1e-4);
  }
}

TEST(RankTest, ReadsWhatItWroteAndRefusesOtherBytes) {
  const auto training = TrainRanker(Judged(100, 11), nullptr, Quick());
  ASSERT_TRUE(training.ok());
  const std::string bytes = training->ranker.Save();
  const auto read = LearnedRanker::Load(bytes);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->Save(), bytes);
  EXPECT_EQ(LearnedRanker::Load(LearnedRanker().Save())->kind(), LearnedRanker::Kind::kLinear);
  EXPECT_EQ(LearnedRanker::Load("x").status().code(), absl::StatusCode::kInvalidArgument);
  base::Random random(1);
  for (int i = 0; i < 300; ++i) {
    std::string changed = bytes;
    changed[random.Below(bytes.size())] ^= static_cast<char>(1 << random.Below(8));
    EXPECT_FALSE(LearnedRanker::Load(changed).ok());
    EXPECT_FALSE(LearnedRanker::Load(absl::string_view(bytes).substr(0, random.Below(bytes.size()))).ok());
  }
}

TEST(ListNdcgTest, TiesGoByOrderAndMissedDocumentsCount) {
  RankList list;
  list.features.assign(3 * kFeatures, 0);
  list.gains = {0, 2, 1};
  EXPECT_NEAR(ListNdcg({list}, {1, 1, 0}, 2)[0], (2 / std::log2(3.0)) / (2 + 1 / std::log2(3.0)), 1e-9);
  list.order = {9, 3, 4};
  EXPECT_NEAR(ListNdcg({list}, {1, 1, 1}, 2)[0], 1, 1e-9);
  list.missed = {5};
  EXPECT_NEAR(ListNdcg({list}, {1, 1, 1}, 1)[0], 0.4, 1e-9);
  list.gains = {0, 0, 0};
  list.missed = {};
  EXPECT_TRUE(std::isnan(ListNdcg({list}, {1, 1, 1}, 1)[0]));
}

}  // namespace
}  // namespace kontor::search
