#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/domain/recommendations/candidates.h"
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

// A blend of the sources' signals, linear after the scale that each signal names (source.h):
//   score = sum over signals s of w[task][bought][s] * scaled(s),  w >= 0,
// with one set of weights for items that the person bought before and one for others. No weight is negative, so that a
// larger signal never lowers a score and a reason's share means what it says.
class Ranker {
 public:
  // All weights 0.
  explicit Ranker(std::vector<Signal> signals);

  absl::Span<const Signal> signals() const { return signals_; }
  // Two rows of signals().size(): of items not bought, then of items bought.
  absl::Span<const float> weights(Task task) const { return weights_[static_cast<size_t>(task)]; }
  void SetWeights(Task task, std::vector<float> weights) { weights_[static_cast<size_t>(task)] = std::move(weights); }

  // The signal as the weights meet it.
  float Scaled(size_t signal, float value) const;
  float Score(Task task, bool bought, absl::Span<const float> row) const;
  // What each signal adds to the score beyond its neutral value; at least 0.
  void Contributions(Task task, bool bought, absl::Span<const float> row, std::vector<float>& out) const;

  void Save(base::ByteWriter& out) const;
  // Reads the weights of `signals`, by name: NOT the same signals is an error.
  static Ranker Load(base::ByteReader& in, std::vector<Signal> signals);

 private:
  std::vector<Signal> signals_;
  std::array<std::vector<float>, kTasks> weights_;
};

// Weights that serve while a shop has too few baskets to fit its own: those that were fitted on UCI Online Retail
// without its last baskets (rows weight/… of `./kontor bench next-basket`), to two decimals; signals of other names
// weigh 0. Only what a person bought before is not ranked as fitted: it comes first, by frequency, then popularity. How
// the other signals compare with it in a small shop is unknown, and that order alone is within 3% of the best published
// peer on that data (rows recall_at_10 and recall_at_10/own_frequency).
Ranker DefaultRanker(std::vector<Signal> signals);

}  // namespace kontor::recommendations
