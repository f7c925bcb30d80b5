#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/domain/learn/boosted_trees.h"
#include "libs/domain/search/evaluation.h"
#include "libs/domain/search/features.h"

// The second stage: candidates scored over their features by what judgements or clicks taught.
namespace kontor::search {

// Non-negative weights of what speaks for a product, over features scaled to mean 0 and deviation 1.
struct LinearRanker {
  std::array<float, kFeatures> means{}, scales{}, weights{};  // a feature adds weight * (value - mean) * scale
};

// What trees are learned to add to: so many times Feature::kPrior. No trees rank as the ranker that has learned
// nothing.
inline constexpr float kPriorScale = 2;

// Immutable, thread-safe.
class LearnedRanker {
 public:
  enum class Kind : uint8_t { kLinear = 0, kTrees = 1 };

  LearnedRanker();  // has learned nothing: Feature::kPrior alone
  explicit LearnedRanker(const LinearRanker& linear);
  LearnedRanker(const LinearRanker& linear, learn::BoostedTrees trees);  // trees over kFeatures columns

  Kind kind() const { return kind_; }
  // The linear part alone, as it was fitted on the same data: for tight deadlines.
  const LinearRanker& linear() const { return linear_; }

  // Scores of rows as FeatureRows makes them, comparable within a query. Trees: about 0.6 ms for 200 rows and 300 trees
  // of depth 6.
  void Score(absl::Span<const float> rows, absl::Span<float> scores) const;
  void ScoreLinear(absl::Span<const float> rows, absl::Span<float> scores) const;
  // What each feature adds to a row's score: score = base + their sum. Returns base.
  float Contributions(absl::Span<const float> row, absl::Span<float> out) const;

  // Load: INVALID_ARGUMENT for other bytes or another set of features; DATA_LOSS when they were cut or changed.
  std::string Save() const;
  static absl::StatusOr<LearnedRanker> Load(absl::string_view bytes);

 private:
  Kind kind_ = Kind::kLinear;
  LinearRanker linear_;
  learn::BoostedTrees trees_;
};

// A query to learn from.
struct RankList {
  uint64_t query = 0;           // a stable hash of its text: equal texts stand in one fold
  std::vector<float> features;  // rows as FeatureRows makes them
  std::vector<float> gains;     // by row, finite, >= 0
  std::vector<float> missed;    // gains of judged documents that are not among the rows: part of the ideal
  std::vector<uint64_t> order;  // by row: breaks ties of scores, lower first; empty: by row
};

struct TrainRankOptions {
  LearnedRanker::Kind kind = LearnedRanker::Kind::kTrees;
  learn::TreeOptions trees = {.objective = learn::TreeOptions::Objective::kLambda,
                              .rounds = 200,
                              .depth = 5,
                              .learning_rate = 0.05,
                              .column_share = 0.7,
                              .min_child_weight = 2};
  // Of the rows without a gain that trees learn from, (0, 1], drawn evenly: as good as all of them, at half the cost.
  double worthless_share = 0.5;
  int folds = 5;  // 2 … 20
  size_t ndcg_at = 10;
  float max_weight = 5;       // of a scaled feature in the linear ranker
  double ridge = 1e-3;        // on those weights
  size_t least_queries = 50;  // with a gain above 0 among their rows
  uint64_t seed = 1;
};

// What a training is worth: measured on queries that the measured model had not seen.
struct RankTraining {
  // OK, or FAILED_PRECONDITION with reason NOT_BETTER: the interval of the difference to what serves, or to the first
  // stage, is not above 0.
  absl::Status gate;
  LearnedRanker ranker;         // learned from all lists; where the gate is shut, one that has learned nothing
  double ndcg = 0;              // cross-validated
  double linear_ndcg = 0;       // of the linear ranker, cross-validated
  double first_stage_ndcg = 0;  // of Feature::kFused
  double serving_ndcg = 0;
  Comparison against_first_stage, against_serving;  // differences in nDCG of cross-validated queries
  int64_t queries = 0;
  std::vector<float> scores;  // cross-validated, of the rows of all lists
};

// Learns from lists, in folds over queries. `serving` is what ranks today, nullptr for none: the first stage. It may
// have seen some of the queries, which speaks for it. INVALID_ARGUMENT: lists that do not fit together, options out of
// range. FAILED_PRECONDITION with reason
// TOO_FEW_QUERIES for fewer than options ask for. Deterministic for a seed and trees.threads. Cost: folds + 1
// trainings.
absl::StatusOr<RankTraining> TrainRanker(absl::Span<const RankList> lists, const LearnedRanker* serving,
                                         const TrainRankOptions& options = {});

// nDCG of every list by these scores, NaN where no gain is above 0; `scores` holds the rows of all lists.
std::vector<double> ListNdcg(absl::Span<const RankList> lists, absl::Span<const float> scores, size_t at);

}  // namespace kontor::search
