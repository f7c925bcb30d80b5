#include "libs/domain/recommendations/fit_ranker.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "libs/base/status.h"
#include "libs/domain/recommendations/rank_lists.h"

namespace kontor::recommendations {
namespace {

using Lists = std::vector<const RankList*>;

bool HoldsRelevant(const RankList& list) { return !list.relevant.empty(); }

// Boosted trees over the rows that the first stage passes on, of lists where something relevant is among them.
absl::StatusOr<learn::BoostedTrees> FitTrees(const Ranker& first, Task task, const Lists& lists,
                                             const learn::TreeOptions& options) {
  std::vector<float> values, labels, scores;
  std::vector<uint32_t> groups, rows;
  const size_t columns = first.signals().size();
  for (const RankList* list : lists) {
    first.ScoreScaled(task, list->features, list->bought, list->context, scores);
    Ranker::FindBest(scores, rows);
    if (std::none_of(rows.begin(), rows.end(), [&](uint32_t row) { return list->relevant[row] != 0; })) continue;
    for (const uint32_t row : rows) {
      first.AppendTreeRow(list->bought[row] != 0, absl::MakeConstSpan(list->features).subspan(row * columns, columns),
                          list->context, values);
      labels.push_back(list->relevant[row]);
    }
    groups.push_back(static_cast<uint32_t>(rows.size()));
  }
  if (groups.empty()) return learn::BoostedTrees();
  return learn::BoostedTrees::Train({first.tree_columns(), values, labels, groups}, options);
}

// Which signals an effort has.
std::vector<bool> Masked(absl::Span<const Signal> signals, Effort effort) {
  std::vector<bool> known;
  for (const Signal& signal : signals) known.push_back(signal.effort <= effort);
  return known;
}

// Adds `share` of a part's means to the whole's.
void Blend(const RankingMetrics& part, double share, RankingMetrics& whole) {
  whole.recall += share * part.recall;
  whole.ndcg += share * part.ndcg;
  whole.hit += share * part.hit;
  whole.precision += share * part.precision;
  whole.answers += part.answers;
}

class TaskFitter {
 public:
  TaskFitter(Task task, const std::vector<RankList>& lists, const RankerOptions& options)
      : task_(task), options_(options) {
    // The two lists of one half basket stay together.
    const size_t together = task == Task::kCompleteBasket ? 2 : 1;
    for (size_t i = 0; i < lists.size(); ++i) {
      all_.push_back(&lists[i]);
      halves_[i / together % 2].push_back(&lists[i]);
    }
    const auto useful = std::count_if(lists.begin(), lists.end(), HoldsRelevant);
    try_trees_ = task != Task::kStranger && static_cast<size_t>(useful) >= options.min_tree_lists;
  }

  absl::StatusOr<TaskFit> Fit(Ranker& ranker) const {
    TaskFit fit;
    for (size_t half = 0; half < 2; ++half) RETURN_IF_ERROR(TryHalf(half, ranker, fit));
    fit.chose_trees = try_trees_ && fit.trees.ndcg > (1 + options_.min_gain) * fit.linear.ndcg;
    SetWeights(all_, ranker);
    Lists some;  // enough for the few weights of lower efforts
    for (size_t i = 0; i < all_.size(); i += 1 + all_.size() / kLowerEffortLists) some.push_back(all_[i]);
    for (const Effort effort : {Effort::kTrend, Effort::kSession, Effort::kLinear}) {
      ranker.SetWeights(task_, effort, FitWeights(some, Masked(ranker.signals(), effort), options_.linear));
    }
    if (fit.chose_trees) {
      ASSIGN_OR_RETURN(learn::BoostedTrees trees, FitTrees(ranker, task_, all_, TreeOptionsOf()));
      ranker.SetTrees(task_, std::move(trees));
    }
    return fit;
  }

 private:
  absl::Status TryHalf(size_t half, const Ranker& blank, TaskFit& fit) const {
    const Lists& train = halves_[half];
    const Lists& test = halves_[1 - half];
    if (test.empty()) return absl::OkStatus();
    const double share = static_cast<double>(test.size()) / static_cast<double>(all_.size());
    Ranker ranker = blank;
    SetWeights(train, ranker);
    Blend(EvaluateLists(ranker, task_, test, kPlaces), share, fit.linear);
    if (!try_trees_) return absl::OkStatus();
    ASSIGN_OR_RETURN(learn::BoostedTrees trees, FitTrees(ranker, task_, train, TreeOptionsOf()));
    ranker.SetTrees(task_, std::move(trees));
    Blend(EvaluateLists(ranker, task_, test, kPlaces), share, fit.trees);
    return absl::OkStatus();
  }

  void SetWeights(const Lists& lists, Ranker& ranker) const {
    ranker.SetWeights(task_, FitWeights(lists, std::vector<bool>(ranker.signals().size(), true), options_.linear));
  }

  learn::TreeOptions TreeOptionsOf() const {
    learn::TreeOptions trees = options_.trees;
    trees.threads = options_.threads;
    trees.seed = options_.seed;
    return trees;
  }

  static constexpr int kPlaces = 10;
  static constexpr size_t kLowerEffortLists = 3'000;
  const Task task_;
  const RankerOptions& options_;
  Lists all_;
  Lists halves_[2];
  bool try_trees_ = false;
};

}  // namespace

absl::StatusOr<TaskFit> FitTask(Task task, const std::vector<RankList>& lists, const RankerOptions& options,
                                Ranker& ranker) {
  return TaskFitter(task, lists, options).Fit(ranker);
}

absl::StatusOr<RankerFit> FitRanker(const Model& sources, const HoldOut& hold_out, absl::Span<const uint64_t> persons,
                                    const RankerOptions& options) {
  RankerFit out{Ranker(sources.Signals()), {}};
  RankLists maker(sources, hold_out, persons, options.seed);
  for (size_t task = 0; task < kTasks; ++task) {
    const std::vector<RankList> lists = maker.Make(static_cast<Task>(task));
    ASSIGN_OR_RETURN(out.tasks[task], FitTask(static_cast<Task>(task), lists, options, out.ranker));
  }
  return out;
}

}  // namespace kontor::recommendations
