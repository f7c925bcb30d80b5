#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "libs/domain/learn/boosted_trees.h"
#include "libs/domain/recommendations/evaluation.h"
#include "libs/domain/recommendations/model.h"
#include "libs/domain/recommendations/rank_fit.h"

namespace kontor::recommendations {

struct RankerOptions {
  FitOptions linear;
  learn::TreeOptions trees;     // threads and seed are overwritten
  size_t min_tree_lists = 500;  // with fewer lists that hold something relevant there is no second stage
  double min_gain = 0.01;       // relative, in NDCG@10 on the other half, that a second stage must bring
  int threads = 1;
  uint64_t seed = 1;
};

// What weights from one half of the held-out baskets reach on the other, both ways, at 10.
struct TaskFit {
  RankingMetrics linear;
  RankingMetrics trees;  // zeros where none were tried
  bool chose_trees = false;
  const RankingMetrics& chosen() const { return chose_trees ? trees : linear; }
};

struct RankerFit {
  Ranker ranker;
  std::array<TaskFit, kTasks> tasks;
};

// One task's part of a ranker, from its lists (RankLists): weights, and trees where they are worth it.
absl::StatusOr<TaskFit> FitTask(Task task, const std::vector<RankList>& lists, const RankerOptions& options,
                                Ranker& ranker);

// A ranker over the signals of a model's sources, fitted on baskets that these did not learn from. Deterministic for a
// number of threads.
absl::StatusOr<RankerFit> FitRanker(const Model& sources, const HoldOut& hold_out, absl::Span<const uint64_t> persons,
                                    const RankerOptions& options);

}  // namespace kontor::recommendations
