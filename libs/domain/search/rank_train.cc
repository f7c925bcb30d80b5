#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/domain/search/fold.h"
#include "libs/domain/search/rank.h"
#include "libs/domain/search/rank_linear.h"

namespace kontor::search {
namespace {

using Lists = std::vector<const RankList*>;

absl::Status Check(absl::Span<const RankList> lists, const TrainRankOptions& options) {
  if (options.folds < 2 || options.folds > 20 || options.ndcg_at == 0 || !(options.max_weight > 0) ||
      !(options.ridge >= 0) || !(options.worthless_share > 0 && options.worthless_share <= 1)) {
    return absl::InvalidArgumentError("an option of the ranker's training is out of range");
  }
  const auto good = [](const std::vector<float>& gains) {
    return std::all_of(gains.begin(), gains.end(), [](float gain) { return std::isfinite(gain) && gain >= 0; });
  };
  for (const RankList& list : lists) {
    if (list.features.size() != list.gains.size() * kFeatures || !good(list.gains) || !good(list.missed) ||
        (!list.order.empty() && list.order.size() != list.gains.size()) ||
        !std::all_of(list.features.begin(), list.features.end(), [](float x) { return std::isfinite(x); })) {
      return absl::InvalidArgumentError("a list's columns do not fit together or hold numbers that they may not");
    }
  }
  return absl::OkStatus();
}

bool HasGain(const RankList& list) {
  return std::any_of(list.gains.begin(), list.gains.end(), [](float gain) { return gain > 0; });
}

size_t ListFold(const RankList& list, const TrainRankOptions& options) {
  return FoldOf(list.query, options.seed, static_cast<size_t>(options.folds));
}

double Discount(size_t place) { return 1 / std::log2(static_cast<double>(place) + 2); }

double OneNdcg(const RankList& list, absl::Span<const float> scores, size_t at) {
  std::vector<float> ideal = list.gains;
  ideal.insert(ideal.end(), list.missed.begin(), list.missed.end());
  std::sort(ideal.begin(), ideal.end(), std::greater<>());
  std::vector<size_t> order(list.gains.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const auto tie = [&](size_t row) { return list.order.empty() ? row : list.order[row]; };
  const auto ahead = [&](size_t a, size_t b) {
    return scores[a] != scores[b] ? scores[a] > scores[b] : tie(a) < tie(b);
  };
  const size_t shown = std::min(at, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<ptrdiff_t>(shown), order.end(), ahead);
  double best = 0, sum = 0;
  for (size_t place = 0; place < std::min(at, ideal.size()); ++place) best += ideal[place] * Discount(place);
  for (size_t place = 0; place < shown; ++place) sum += list.gains[order[place]] * Discount(place);
  return best > 0 ? sum / best : std::numeric_limits<double>::quiet_NaN();
}

double Mean(absl::Span<const double> values) {
  double sum = 0, count = 0;
  for (const double value : values) {
    if (std::isnan(value)) continue;
    sum += value;
    ++count;
  }
  return count > 0 ? sum / count : 0;
}

// What trees learn from, a group a query.
struct TrainRows {
  std::vector<float> values, gains, margins;
  std::vector<uint32_t> groups;

  void Add(const RankList& list, const TrainRankOptions& options) {
    constexpr size_t kGrain = 1'000;
    const auto kept = static_cast<size_t>(options.worthless_share * kGrain);
    groups.push_back(0);
    for (size_t row = 0; row < list.gains.size(); ++row) {
      if (!(list.gains[row] > 0) && FoldOf(list.query + row, options.seed, kGrain) >= kept) continue;
      const auto from = list.features.begin() + static_cast<ptrdiff_t>(row * kFeatures);
      values.insert(values.end(), from, from + kFeatures);
      gains.push_back(list.gains[row]);
      margins.push_back(kPriorScale * from[static_cast<ptrdiff_t>(Feature::kPrior)]);
      ++groups.back();
    }
  }
};

absl::StatusOr<LearnedRanker> TrainOnce(const Lists& lists, const TrainRankOptions& options) {
  const LinearRanker linear = FitLinearRanker(lists, options.max_weight, options.ridge);
  if (options.kind == LearnedRanker::Kind::kLinear) return LearnedRanker(linear);
  TrainRows rows;
  for (const RankList* list : lists) {
    if (HasGain(*list)) rows.Add(*list, options);
  }
  learn::TreeOptions trees = options.trees;
  trees.seed = options.seed;
  ASSIGN_OR_RETURN(learn::BoostedTrees learned,
                   learn::BoostedTrees::Train({kFeatures, rows.values, rows.gains, rows.groups, rows.margins}, trees));
  return LearnedRanker(linear, std::move(learned));
}

// Scores of all rows, list after list.
struct AllScores {
  std::vector<float> learned, linear, first_stage, serving;
  std::vector<size_t> begins;  // of each list's rows

  explicit AllScores(absl::Span<const RankList> lists) {
    size_t rows = 0;
    for (const RankList& list : lists) {
      begins.push_back(rows);
      rows += list.gains.size();
    }
    for (auto* scores : {&learned, &linear, &first_stage, &serving}) scores->resize(rows);
  }
  static absl::Span<float> Of(std::vector<float>& scores, size_t begin, const RankList& list) {
    return absl::MakeSpan(scores).subspan(begin, list.gains.size());
  }
};

absl::Status ScoreFolds(absl::Span<const RankList> lists, const TrainRankOptions& options, AllScores& out) {
  for (size_t fold = 0; fold < static_cast<size_t>(options.folds); ++fold) {
    Lists train;
    for (const RankList& list : lists) {
      if (ListFold(list, options) != fold) train.push_back(&list);
    }
    if (std::none_of(train.begin(), train.end(), [](const RankList* list) { return HasGain(*list); })) {
      return base::Error(absl::StatusCode::kFailedPrecondition, "TOO_FEW_QUERIES",
                         "all queries with a gain stand in one fold: there are too few different ones");
    }
    ASSIGN_OR_RETURN(const LearnedRanker ranker, TrainOnce(train, options));
    for (size_t i = 0; i < lists.size(); ++i) {
      if (ListFold(lists[i], options) != fold) continue;
      ranker.Score(lists[i].features, AllScores::Of(out.learned, out.begins[i], lists[i]));
      ranker.ScoreLinear(lists[i].features, AllScores::Of(out.linear, out.begins[i], lists[i]));
    }
  }
  return absl::OkStatus();
}

void ScoreWhatIsThere(absl::Span<const RankList> lists, const LearnedRanker& serving, AllScores& out) {
  for (size_t i = 0; i < lists.size(); ++i) {
    const absl::Span<float> first_stage = AllScores::Of(out.first_stage, out.begins[i], lists[i]);
    for (size_t row = 0; row < first_stage.size(); ++row) {
      first_stage[row] = lists[i].features[row * kFeatures + static_cast<size_t>(Feature::kFused)];
    }
    serving.Score(lists[i].features, AllScores::Of(out.serving, out.begins[i], lists[i]));
  }
}

absl::Status CheckBetter(const RankTraining& training) {
  const std::pair<absl::string_view, const Comparison*> rivals[] = {{"what serves", &training.against_serving},
                                                                    {"the first stage", &training.against_first_stage}};
  for (const auto& [name, against] : rivals) {
    if (against->low > 0) continue;
    return base::Error(absl::StatusCode::kFailedPrecondition, "NOT_BETTER",
                       absl::StrCat("the new ranker changes nDCG against ", name, " by ", against->difference,
                                    " (interval ", against->low, " to ", against->high, "): not better beyond chance"));
  }
  return absl::OkStatus();
}

}  // namespace

std::vector<double> ListNdcg(absl::Span<const RankList> lists, absl::Span<const float> scores, size_t at) {
  std::vector<double> out;
  size_t begin = 0;
  for (const RankList& list : lists) {
    out.push_back(OneNdcg(list, scores.subspan(begin, list.gains.size()), at));
    begin += list.gains.size();
  }
  return out;
}

absl::StatusOr<RankTraining> TrainRanker(absl::Span<const RankList> lists, const LearnedRanker* serving,
                                         const TrainRankOptions& options) {
  RETURN_IF_ERROR(Check(lists, options));
  const auto telling = static_cast<size_t>(std::count_if(lists.begin(), lists.end(), HasGain));
  if (telling < std::max<size_t>(options.least_queries, 2)) {
    return base::Error(absl::StatusCode::kFailedPrecondition, "TOO_FEW_QUERIES",
                       absl::StrCat("only ", telling, " queries have a candidate with a gain; learning takes ",
                                    options.least_queries));
  }
  AllScores scores(lists);
  ScoreWhatIsThere(lists, serving == nullptr ? LearnedRanker() : *serving, scores);
  RETURN_IF_ERROR(ScoreFolds(lists, options, scores));
  RankTraining out;
  const std::vector<double> learned = ListNdcg(lists, scores.learned, options.ndcg_at);
  const std::vector<double> first_stage = ListNdcg(lists, scores.first_stage, options.ndcg_at);
  const std::vector<double> served = ListNdcg(lists, scores.serving, options.ndcg_at);
  out.ndcg = Mean(learned);
  out.linear_ndcg = Mean(ListNdcg(lists, scores.linear, options.ndcg_at));
  out.first_stage_ndcg = Mean(first_stage);
  out.serving_ndcg = Mean(served);
  out.queries = std::count_if(learned.begin(), learned.end(), [](double x) { return !std::isnan(x); });
  ASSIGN_OR_RETURN(out.against_first_stage, Compare(first_stage, learned, {.seed = options.seed}));
  ASSIGN_OR_RETURN(out.against_serving, Compare(served, learned, {.seed = options.seed}));
  out.scores = std::move(scores.learned);
  out.gate = CheckBetter(out);
  if (!out.gate.ok()) return out;
  Lists all;
  for (const RankList& list : lists) all.push_back(&list);
  ASSIGN_OR_RETURN(out.ranker, TrainOnce(all, options));
  return out;
}

}  // namespace kontor::search
