#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "libs/base/bytes.h"
#include "libs/base/clock.h"
#include "libs/domain/learn/boosted_trees.h"
#include "libs/domain/nn/multi_task_ranker.h"
#include "libs/domain/recommendations/item_facts.h"
#include "libs/domain/recommendations/ranker.h"

namespace kontor::recommendations {

// With which probability a product on the first place of an answer is clicked, put into the cart and bought.
struct OutcomeChances {
  float click = 0, cart = 0, purchase = 0;
};
inline constexpr size_t kOutcomes = 3;

// A shown product before anybody knows what becomes of it.
struct ShownItem {
  bool bought = false;          // before, by this person
  absl::Span<const float> row;  // of the candidates' table
  float score = 1;              // Scored::score as the ranker gave it
  int64_t price_nanos = 0;      // 0 where unknown
  int place = 1;                // 1 is the first
};

// Appends what an OutcomeModel reads of a shown product: the row as trees meet it (ranker.h), the logarithm of the
// score, the price and the place. ShownColumns(ranker) numbers.
void AppendShown(const Ranker& ranker, const RankContext& context, const ShownItem& item, std::vector<float>& out);
// The first price in force, by currency; 0 where none is known.
int64_t PriceForOutcomes(const ItemFacts& facts, ItemId item, int64_t now_seconds);
size_t ShownColumns(const Ranker& ranker);

// Shown products in the order of time and what became of them. Borrows.
struct ShownRows {
  size_t columns = 0;
  absl::Span<const float> values;                          // rows x columns
  absl::Span<const std::array<bool, kOutcomes>> outcomes;  // one a row: clicked, put into the cart, bought
};

// One ranker for several outcomes, learned from what became of shown products: gradient-boosted trees, one set an
// outcome, or a mixture of experts with a gate for each (libs/domain/nn/multi_task_ranker.h). The place on which a
// product stood is an input, so that what stood first is not taken for what is good (Ling et al. 2017 do likewise with
// the position of an advertisement); predictions are for the first place. Immutable; thread-safe.
class OutcomeModel {
 public:
  size_t columns() const { return columns_; }
  bool neural() const { return network_ != nullptr; }

  // `rows`: some times columns() numbers; replaces `out` by one entry a row, or by nothing where the network refuses a
  // row, which counts as a failure.
  void Predict(absl::Span<const float> rows, std::vector<OutcomeChances>& out) const;
  int64_t failures() const { return failures_; }  // so far

  void Save(base::ByteWriter& out) const;
  static std::shared_ptr<const OutcomeModel> Load(base::ByteReader& in);

 private:
  friend class OutcomeTrainer;
  OutcomeModel() = default;

  size_t columns_ = 0;
  std::array<learn::BoostedTrees, kOutcomes> trees_;
  std::array<float, kOutcomes> rates_{};  // the log odds of an outcome that has no trees
  std::shared_ptr<const nn::MultiTaskRanker> network_;
  mutable std::atomic<int64_t> failures_{0};
};

struct OutcomeOptions {
  size_t min_rows = 2'000, min_outcomes = 50;  // clicks, carts and purchases together
  double held_out = 0.2;                       // of the rows, the last
  learn::TreeOptions trees{.objective = learn::TreeOptions::Objective::kLogistic, .min_child_weight = 5};
  double network_seconds = 0;  // of training the mixture of experts; 0: it is not tried
  const base::Clock* clock = nullptr;
  std::function<bool()> cancelled;
  int threads = 1;
  uint64_t seed = 1;
};

// How much better than the rows' own rates the chances are: 1 - log loss / log loss of the rates, the mean over the
// outcomes that are not all alike.
double OutcomeGain(const OutcomeModel& model, const ShownRows& rows);

struct OutcomeFit {
  std::shared_ptr<const OutcomeModel> model;  // null: there is too little to learn from, or nothing was learned
  double trees_gain = 0, network_gain = 0;    // OutcomeGain on the rows held out
};

// Learns from the first rows, chooses by the last, and learns again from all where trees were chosen. INVALID_ARGUMENT
// for rows that do not fit together, CANCELLED when options.cancelled said so. Deterministic for a number of threads
// but for what the clock ends.
absl::StatusOr<OutcomeFit> FitOutcomes(const ShownRows& rows, const OutcomeOptions& options);

}  // namespace kontor::recommendations
