#include "libs/domain/recommendations/ranker.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "libs/domain/recommendations/live_catalogue.h"
#include "libs/domain/recommendations/live_scores.h"

namespace kontor::recommendations {

RankContext::RankContext(const Profile& profile)
    : effort(profile.context().effort),
      columns{std::log1p(static_cast<float>(profile.recent().size())),
              std::log1p(static_cast<float>(profile.baskets())),
              std::log1p(static_cast<float>(profile.context().session.size()))},
      learned(profile.context().live == nullptr ? kNone : profile.context().live->learned()),
      only_fresh(!profile.recent().empty() &&
                 std::all_of(profile.recent().begin(), profile.recent().end(),
                             [this](const RecentItem& recent) { return IsFresh(recent.item); })) {}

Ranker::Ranker(std::vector<Signal> signals) : signals_(std::move(signals)) {
  for (auto& of_effort : weights_) {
    for (auto& weights : of_effort) weights.assign(2 * signals_.size(), 0);
  }
}

float Ranker::Scaled(size_t signal, float value) const {
  const float scale = signals_[signal].scale;
  return scale > 0 ? std::log1p(value / scale) : value;
}

void Ranker::ScoreAll(Task task, const Candidates& candidates, const RankContext& context,
                      std::vector<float>& scores) const {
  const size_t rows = candidates.items().size(), columns = signals_.size();
  const float* weights = this->weights(task, context.effort).data();
  scores.assign(rows, 0);
  for (size_t row = 0; row < rows; ++row) {
    const float* of_row = weights + (candidates.bought(row) ? columns : 0);
    const absl::Span<const float> values = candidates.row(row);
    for (size_t i = 0; i < columns; ++i) {  // most weights or values are 0, and scaling costs most
      if (of_row[i] != 0 && values[i] != 0) scores[row] += of_row[i] * Scaled(i, values[i]);
    }
  }
  if (HasTrees(task, context)) {
    thread_local std::vector<float> scaled;
    RankByTrees(task, scores, [&](uint32_t row, std::vector<float>& table) {
      const absl::Span<const float> values = candidates.row(row);
      scaled.resize(columns);
      for (size_t i = 0; i < columns; ++i) scaled[i] = values[i] != 0 ? Scaled(i, values[i]) : 0;
      AppendTreeRow(candidates.bought(row), scaled, context, table);
    });
  }
  if (!hears_catalogue_) return;
  EstimateFresh(signals_, candidates, context, scores);
  AddPriors(signals_, task, candidates, context, scores);
}

void Ranker::ScoreScaled(Task task, absl::Span<const float> scaled, absl::Span<const uint8_t> bought,
                         const RankContext& context, std::vector<float>& scores) const {
  const size_t rows = bought.size(), columns = signals_.size();
  scores.assign(rows, 0);
  for (size_t row = 0; row < rows; ++row) {
    const float* weights = this->weights(task, context.effort).data() + (bought[row] ? columns : 0);
    for (size_t i = 0; i < columns; ++i) scores[row] += weights[i] * scaled[row * columns + i];
  }
  if (!HasTrees(task, context)) return;
  RankByTrees(task, scores, [&](uint32_t row, std::vector<float>& table) {
    AppendTreeRow(bought[row] != 0, scaled.subspan(row * columns, columns), context, table);
  });
}

void Ranker::RankByTrees(Task task, std::vector<float>& scores,
                         absl::FunctionRef<void(uint32_t row, std::vector<float>& table)> append) const {
  if (scores.empty()) return;
  thread_local std::vector<uint32_t> best;
  thread_local std::vector<float> table, ranked;
  FindBest(scores, best);
  table.clear();
  for (const uint32_t row : best) append(row, table);
  ranked.resize(best.size());
  trees(task).Predict(table, absl::MakeSpan(ranked));
  const float lowest = *std::min_element(ranked.begin(), ranked.end());
  for (float& score : scores) score = lowest - 1 / (1 + score);  // in order, below all that the trees rank
  for (size_t i = 0; i < best.size(); ++i) scores[best[i]] = ranked[i];
}

void Ranker::FindBest(absl::Span<const float> scores, std::vector<uint32_t>& best) {
  best.resize(scores.size());
  std::iota(best.begin(), best.end(), 0);
  if (best.size() <= kTreeRows) return;
  std::nth_element(best.begin(), best.begin() + kTreeRows - 1, best.end(),
                   [&](uint32_t a, uint32_t b) { return scores[a] != scores[b] ? scores[a] > scores[b] : a < b; });
  best.resize(kTreeRows);
}

void Ranker::AppendTreeRow(bool bought, absl::Span<const float> scaled, const RankContext& context,
                           std::vector<float>& out) const {
  out.insert(out.end(), scaled.begin(), scaled.end());
  out.push_back(bought ? 1 : 0);
  out.insert(out.end(), context.columns.begin(), context.columns.end());
}

void Ranker::Contributions(Task task, const RankedRow& row, const RankContext& context, std::vector<float>& out) const {
  const bool estimated = hears_catalogue_ && context.IsFresh(row.item) && !row.bought;
  if (estimated) {
    out.resize(row.values.size());
    for (size_t i = 0; i < out.size(); ++i) out[i] = signals_[i].of_content && row.values[i] > 0 ? 1.0F : 0.0F;
  } else {
    LearnedContributions(task, row, context, out);
  }
  if (!hears_catalogue_) return;
  for (size_t i = 0; i < out.size(); ++i) out[i] += PriorOf(signals_[i], task, context) * row.values[i];
}

void Ranker::LearnedContributions(Task task, const RankedRow& row, const RankContext& context,
                                  std::vector<float>& out) const {
  const absl::Span<const float> values = row.values;
  if (HasTrees(task, context)) {
    std::vector<float> scaled, columns;
    for (size_t i = 0; i < values.size(); ++i) scaled.push_back(Scaled(i, values[i]));
    AppendTreeRow(row.bought, scaled, context, columns);
    out.resize(columns.size());
    trees(task).Contributions(columns, absl::MakeSpan(out));
    out.resize(values.size());
    for (float& part : out) part = std::max(0.0F, part);
    if (std::any_of(out.begin(), out.end(), [](float part) { return part > 0; })) return;
  }
  const absl::Span<const float> weights =
      this->weights(task, context.effort).subspan(row.bought ? signals_.size() : 0, signals_.size());
  out.resize(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    out[i] = weights[i] * std::max(0.0F, Scaled(i, values[i]) - signals_[i].neutral);
  }
}

void Ranker::Save(base::ByteWriter& out) const {
  out.Value<uint32_t>(static_cast<uint32_t>(signals_.size()));
  for (const Signal& signal : signals_) out.String(signal.name);
  for (const auto& of_effort : weights_) {
    for (const auto& weights : of_effort) out.Array(weights);
  }
  for (const auto& trees : trees_) trees.Save(out);
}

Ranker Ranker::Load(base::ByteReader& in, std::vector<Signal> signals) {
  Ranker out(std::move(signals));
  in.Require(in.Value<uint32_t>() == out.signals_.size(), "the ranker reads other signals");
  for (const Signal& signal : out.signals_) in.Require(in.String() == signal.name, "the ranker reads other signals");
  for (auto& of_effort : out.weights_) {
    for (auto& weights : of_effort) {
      std::vector<float> read = in.Array<float>();
      in.Require(read.size() == weights.size(), "the ranker has another number of weights");
      in.RequireWeights(read);
      if (in.status().ok()) weights = std::move(read);
    }
  }
  for (auto& trees : out.trees_) {
    trees = learn::BoostedTrees::Load(in);
    in.Require(trees.empty() || trees.columns() == out.tree_columns(), "the ranker's trees read other columns");
  }
  return out;
}

Ranker DefaultRanker(std::vector<Signal> signals) {
  struct Default {
    absl::string_view name;
    float next_other, next_bought, fresh, basket_other, basket_bought, stranger;
  };
  // Above what all other signals of an item that was not bought can add up to (7.8: each is at most 1, the trend 4);
  // relations of the catalogue are not meant, and may pass it.
  static constexpr float kBoughtFirst = 10;
  static constexpr Default kDefaults[] = {
      {"bought", 0, kBoughtFirst, 0, 0, 1.20F, 0},
      {"loyalty", 0, 0, 0, 0, 0.29F, 0},
      {"bought_count", 0, 0, 0, 0, 0.80F, 0},
      {"bought_rate", 0, kBoughtFirst, 0, 0, 0.82F, 0},
      {"bought_last", 0, 0, 0, 0, 0.17F, 0},
      {"bought_repeat", 0, 0, 0, 0, 0.77F, 0},
      {"together", 0.10F, 0, 0.25F, 0, 0, 0},
      {"together_now", 0.17F, 0, 0.16F, 1.34F, 0.91F, 0},
      {"same_customers", 0.42F, 0, 0.40F, 0.31F, 0, 0},
      {"neighbours", 0.53F, 0, 0.49F, 0.23F, 0.07F, 0},
      {"popular", 0.11F, 0.09F, 0, 0, 0.06F, 1.30F},
      {"trend", 0.61F, 0, 0.77F, 0.26F, 0.36F, 0},
  };
  Ranker out(std::move(signals));
  const size_t columns = out.signals().size();
  std::array<std::vector<float>, kTasks> weights;
  weights.fill(std::vector<float>(2 * columns, 0));
  for (size_t i = 0; i < columns; ++i) {
    for (const Default& known : kDefaults) {
      if (known.name != out.signals()[i].name) continue;
      weights[static_cast<size_t>(Task::kNextBasket)][i] = known.next_other;
      weights[static_cast<size_t>(Task::kNextBasket)][columns + i] = known.next_bought;
      weights[static_cast<size_t>(Task::kNewProducts)][i] = known.fresh;
      weights[static_cast<size_t>(Task::kCompleteBasket)][i] = known.basket_other;
      weights[static_cast<size_t>(Task::kCompleteBasket)][columns + i] = known.basket_bought;
      weights[static_cast<size_t>(Task::kStranger)][i] = known.stranger;
    }
  }
  for (size_t task = 0; task < kTasks; ++task) out.SetWeights(static_cast<Task>(task), weights[task]);
  return out;
}

}  // namespace kontor::recommendations
