#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "libs/base/bytes.h"
#include "libs/domain/learn/boosted_trees.h"
#include "libs/domain/recommendations/candidates.h"
#include "libs/domain/recommendations/profile.h"
#include "libs/domain/recommendations/source.h"

namespace kontor::recommendations {

// What an answer is for. Each has weights of its own.
enum class Task : uint8_t {
  kNextBasket = 0,      // what will this person buy next, bought before or not
  kNewProducts = 1,     // the same, of what they never bought
  kCompleteBasket = 2,  // what goes with the basket or session
  kStranger = 3,        // nothing is known but where they are
};
inline constexpr size_t kTasks = 4;

// What trees know of the person beside the items' signals.
struct RankContext {
  static constexpr size_t kColumns = 3;
  RankContext() = default;
  explicit RankContext(const Profile& profile);
  Effort effort = Effort::kDeep;
  std::array<float, kColumns> columns{};  // log(1 + items met), log(1 + baskets), log(1 + steps of the session)
  ItemId learned = kNone;                 // items from here on came after the model
  bool only_fresh = false;                // the person has met no others
  bool IsFresh(ItemId item) const { return item >= learned; }
};

// A row of the candidates' table.
struct RankedRow {
  bool bought = false;
  absl::Span<const float> values;  // as the sources state them
  ItemId item = 0;
};

// Two stages. The first is a blend of the sources' signals, linear after the scale that each signal names (source.h):
//   score = sum over signals s of w[effort][task][bought][s] * scaled(s),  w >= 0,
// with one set of weights for items that the person bought before and one for others, and sets of their own for efforts
// that ask fewer sources. No weight is negative, so that a
// larger signal never lowers a score. The second, where a task has it and the effort is deep, ranks the kTreeRows best
// of the first again by boosted trees over the scaled signals, whether the item was bought, and RankContext.
//
// What was learned knows nothing of the catalogue's last word, so that two steps follow that no fit touches
// (live_scores.h): an item that came after the model gets the score that items as like the person's taste by content
// have in this list, and relations of the catalogue (and content, where nothing else speaks) add to the log-odds.
class Ranker {
 public:
  static constexpr size_t kTreeRows = 200;

  // All weights 0, no trees.
  explicit Ranker(std::vector<Signal> signals);

  absl::Span<const Signal> signals() const { return signals_; }
  // Two rows of signals().size(): of items not bought, then of items bought.
  absl::Span<const float> weights(Task task, Effort effort = Effort::kDeep) const {
    return weights_[static_cast<size_t>(effort)][static_cast<size_t>(task)];
  }
  void SetWeights(Task task, Effort effort, std::vector<float> weights) {
    weights_[static_cast<size_t>(effort)][static_cast<size_t>(task)] = std::move(weights);
  }
  void SetWeights(Task task, const std::vector<float>& weights) {  // of every effort
    for (auto& of_effort : weights_) of_effort[static_cast<size_t>(task)] = weights;
  }

  // The signal as the weights meet it.
  float Scaled(size_t signal, float value) const;
  // False for a ranker that answers by its weights alone, whatever the catalogue says now; true at first.
  bool hears_catalogue() const { return hears_catalogue_; }
  void set_hears_catalogue(bool hears) { hears_catalogue_ = hears; }

  // Every row's score, in the order of the table; larger is better. With trees, rows that they do not rank follow those
  // that they do.
  void ScoreAll(Task task, const Candidates& candidates, const RankContext& context, std::vector<float>& scores) const;
  // The same for rows × signals() numbers that are scaled already, without the catalogue's steps.
  void ScoreScaled(Task task, absl::Span<const float> scaled, absl::Span<const uint8_t> bought,
                   const RankContext& context, std::vector<float>& scores) const;

  // Trees of tree_columns() columns; empty ones take the second stage away.
  size_t tree_columns() const { return signals_.size() + 1 + RankContext::kColumns; }
  void SetTrees(Task task, learn::BoostedTrees trees) { trees_[static_cast<size_t>(task)] = std::move(trees); }
  const learn::BoostedTrees& trees(Task task) const { return trees_[static_cast<size_t>(task)]; }
  // A scaled row as trees meet it: tree_columns() numbers appended to `out`.
  void AppendTreeRow(bool bought, absl::Span<const float> scaled, const RankContext& context,
                     std::vector<float>& out) const;
  // The rows that trees rank: those of the kTreeRows largest scores, in no order.
  static void FindBest(absl::Span<const float> scores, std::vector<uint32_t>& best);

  // What each signal adds to the score, at least 0: in the first stage beyond its neutral value, in the second along
  // the row's way through the trees; of an item that came after the model 1 for each signal that speaks of its content
  // and has something to say, for they decide between them. What PriorOf
  // (live_scores.h) adds to the log-odds stands beside that.
  void Contributions(Task task, const RankedRow& row, const RankContext& context, std::vector<float>& out) const;

  void Save(base::ByteWriter& out) const;
  // Reads the weights of `signals`, by name: NOT the same signals is an error.
  static Ranker Load(base::ByteReader& in, std::vector<Signal> signals);

 private:
  bool HasTrees(Task task, const RankContext& context) const {
    return !trees(task).empty() && context.effort == Effort::kDeep;
  }
  // The second stage; `append` appends a row as trees meet it.
  void RankByTrees(Task task, std::vector<float>& scores,
                   absl::FunctionRef<void(uint32_t row, std::vector<float>& table)> append) const;
  void LearnedContributions(Task task, const RankedRow& row, const RankContext& context, std::vector<float>& out) const;

  std::vector<Signal> signals_;
  bool hears_catalogue_ = true;
  std::array<std::array<std::vector<float>, kTasks>, kEfforts> weights_;
  std::array<learn::BoostedTrees, kTasks> trees_;
};

// Weights that serve while a shop has too few baskets to fit its own: those that were fitted on UCI Online Retail
// without its last baskets (rows weight/… of `./kontor bench next-basket`), to two decimals; signals of other names
// weigh 0. Only what a person bought before is not ranked as fitted: it comes first, by frequency, then popularity. How
// the other signals compare with it in a small shop is unknown, and that order alone is within 3% of the best published
// peer on that data (rows recall_at_10 and recall_at_10/own_frequency).
Ranker DefaultRanker(std::vector<Signal> signals);

}  // namespace kontor::recommendations
