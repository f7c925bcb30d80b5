#include "libs/domain/search/evaluation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "libs/base/random.h"
#include "libs/domain/search/interleave.h"

namespace kontor::search {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST(MeasureTest, NdcgOfScikitLearn) {
  // sklearn.metrics.ndcg_score([[10, 0, 0, 1, 5]], [[.1, .2, .3, 4, 70]]) = 0.69569...: the example of its
  // documentation; the scores rank documents 4, 3, 2, 1, 0.
  const std::vector<Judgement> judged = {{0, 10}, {1, 0}, {2, 0}, {3, 1}, {4, 5}};
  EXPECT_NEAR(Measure({4, 3, 2, 1, 0}, judged)->ndcg, 0.6956940443813076, 1e-9);
  // Järvelin and Kekäläinen's discounted gain by hand, cut at 2: (5 + 1 / log2 3) / (10 + 5 / log2 3).
  const double third = 1 / std::log2(3.0);
  EXPECT_NEAR(Measure({4, 3, 2, 1, 0}, judged, {.ndcg_at = 2})->ndcg, (5 + third) / (10 + 5 * third), 1e-12);
  EXPECT_NEAR(Measure({4, 3}, judged, {.gain = MeasureOptions::Gain::kExponential, .ndcg_at = 2})->ndcg,
              (31 + third) / (1023 + 31 * third), 1e-12);
}

TEST(MeasureTest, CountsAllJudgedDocumentsInTheIdeal) {
  const std::vector<Judgement> judged = {{7, 2}, {8, 1.5F}, {9, 0.5F}};
  const auto measures = Measure({1, 8, 9}, judged);
  ASSERT_TRUE(measures.ok());
  EXPECT_NEAR(measures->mrr, 0.5, 1e-12);
  EXPECT_NEAR(measures->recall, 0.5, 1e-12);  // 8 of 7 and 8
  EXPECT_EQ(Measure({1, 2}, judged)->mrr, 0);
  EXPECT_EQ(Measure({}, judged)->ndcg, 0);
  EXPECT_EQ(Measure({1, 8}, judged, {.mrr_at = 1})->mrr, 0);
  EXPECT_EQ(Measure({1, 8}, judged, {.recall_at = 1})->recall, 0);
  EXPECT_EQ(Measure({7, 8, 9}, judged)->ndcg, 1);
}

TEST(MeasureTest, LeavesOutQueriesThatCannotTell) {
  const auto none = Measure({1}, {{1, 0}});
  EXPECT_TRUE(std::isnan(none->ndcg) && std::isnan(none->mrr) && std::isnan(none->recall));
  const auto weak = Measure({1}, {{1, 0.5F}});
  EXPECT_EQ(weak->ndcg, 1);
  EXPECT_TRUE(std::isnan(weak->recall));
  const MeanMeasures mean = MeanOf({*none, *weak, {0.5, 0.25, 1}});
  EXPECT_EQ(mean.ndcg_queries, 2);
  EXPECT_EQ(mean.relevant_queries, 1);
  EXPECT_EQ(mean.mean.ndcg, 0.75);
  EXPECT_EQ(mean.mean.mrr, 0.25);
  EXPECT_EQ(MeanOf({}).mean.ndcg, 0);
}

TEST(MeasureTest, RefusesWhatIsWrong) {
  const auto code = [](const std::vector<uint32_t>& ranking, const std::vector<Judgement>& judged,
                       const MeasureOptions& options = {}) {
    return Measure(ranking, judged, options).status().code();
  };
  EXPECT_EQ(code({1, 1}, {{1, 1}}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({1}, {{1, 1}, {1, 0}}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({1}, {{1, -1}}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({1}, {{1, std::numeric_limits<float>::infinity()}}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({1}, {{1, 1}}, {.ndcg_at = 0}), absl::StatusCode::kInvalidArgument);
}

TEST(CompareTest, CountsAndPutsAnInterval) {
  const auto result = Compare({0.1, 0.2, 0.3, kNaN, 0.5}, {0.2, 0.2, 0.2, 0.9, 0.9});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->wins, 2);
  EXPECT_EQ(result->losses, 1);
  EXPECT_EQ(result->ties, 1);
  EXPECT_NEAR(result->difference, 0.1, 1e-12);  // (.1 + 0 - .1 + .4) / 4
  EXPECT_LE(result->low, result->difference);
  EXPECT_GE(result->high, result->difference);
  EXPECT_EQ(Compare({1}, {1, 2}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Compare({kNaN}, {1}).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Compare({1}, {1}, {.resamples = 0}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(CompareTest, TheIntervalHoldsTheTruthAsOftenAsItSays) {
  base::Random random(17);
  int held = 0;
  for (uint64_t round = 0; round < 300; ++round) {
    std::vector<double> a(100), b(100);
    for (size_t i = 0; i < a.size(); ++i) {
      a[i] = random.Normal();
      b[i] = a[i] + 0.3 + random.Normal();
    }
    const auto result = Compare(a, b, {.resamples = 400, .seed = round});
    held += result->low <= 0.3 && result->high >= 0.3;
  }
  EXPECT_GE(held, 270);  // 95% of 300 is 285
  EXPECT_LT(held, 299);
}

TEST(SignTestTest, GivesTheBinomialTails) {
  EXPECT_NEAR(SignTest(9, 1), 2 * (1 + 10) / 1024.0, 1e-12);
  EXPECT_NEAR(SignTest(1, 9), SignTest(9, 1), 1e-12);
  EXPECT_NEAR(SignTest(5, 0), 2 / 32.0, 1e-12);
  EXPECT_EQ(SignTest(4, 4), 1);
  EXPECT_EQ(SignTest(0, 0), 1);
  EXPECT_NEAR(SignTest(540, 460), SignTest(541, 461), 1e-3);  // exact and by the normal curve
}

TEST(TeamDraftTest, TakesTurnsAndKeepsOrders) {
  const std::vector<uint32_t> a = {1, 2, 3, 4}, b = {2, 5, 1, 6};
  int first_by_b = 0;
  for (uint64_t seed = 0; seed < 400; ++seed) {
    const Interleaved list = TeamDraft(a, b, 4, seed);
    ASSERT_EQ(list.documents.size(), 4u);
    ASSERT_EQ(std::count(list.teams.begin(), list.teams.end(), Team::kA), 2);
    ASSERT_EQ(list.teams[0] == list.teams[1], false);  // who leads waits
    EXPECT_TRUE(list.documents[0] == (list.teams[0] == Team::kA ? 1u : 2u));
    EXPECT_EQ(TeamDraft(a, b, 4, seed).documents, list.documents);
    first_by_b += list.teams[0] == Team::kB;
  }
  EXPECT_NEAR(first_by_b, 200, 60);
  EXPECT_EQ(TeamDraft(a, {}, 10, 1).documents, a);
  EXPECT_EQ(TeamDraft(a, b, 100, 1).documents.size(), 6u);
  EXPECT_TRUE(TeamDraft({}, {}, 5, 1).documents.empty());
}

TEST(TeamDraftTest, FindsTheBetterRankingByClicks) {
  // B puts the wanted document first, A fifth; who clicks, clicks it.
  TeamPreference preference, equal;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    for (const bool same : {false, true}) {
      const std::vector<uint32_t> a = {1, 2, 3, 4, 9}, b = {9, 5, 6, 7, 8};
      const Interleaved list = TeamDraft(same ? b : a, b, 5, seed);
      const auto at = std::find(list.documents.begin(), list.documents.end(), 9u) - list.documents.begin();
      (same ? equal : preference)
          .Add(CreditClicks(list.teams, {static_cast<uint32_t>(at), 77, static_cast<uint32_t>(at)}));
    }
  }
  EXPECT_GT(preference.Delta(), 0.4);
  EXPECT_LT(preference.PValue(), 1e-6);
  EXPECT_LT(std::abs(equal.Delta()), 0.15);
  EXPECT_GT(equal.PValue(), 0.001);
  TeamPreference ties;
  ties.Add({1, 1});
  EXPECT_EQ(ties.Delta(), 0);
  EXPECT_EQ(ties.PValue(), 1);
  EXPECT_EQ(TeamPreference().Delta(), 0);
}

}  // namespace
}  // namespace kontor::search
