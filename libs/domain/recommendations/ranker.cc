#include "libs/domain/recommendations/ranker.h"

#include <algorithm>
#include <cmath>

namespace kontor::recommendations {

Ranker::Ranker(std::vector<Signal> signals) : signals_(std::move(signals)) {
  for (auto& weights : weights_) weights.assign(2 * signals_.size(), 0);
}

float Ranker::Scaled(size_t signal, float value) const {
  const float scale = signals_[signal].scale;
  return scale > 0 ? std::log1p(value / scale) : value;
}

float Ranker::Score(Task task, bool bought, absl::Span<const float> row) const {
  const absl::Span<const float> weights = this->weights(task).subspan(bought ? signals_.size() : 0, signals_.size());
  float score = 0;
  for (size_t i = 0; i < row.size(); ++i) {
    if (weights[i] > 0 && row[i] != 0) score += weights[i] * Scaled(i, row[i]);
  }
  return score;
}

void Ranker::Contributions(Task task, bool bought, absl::Span<const float> row, std::vector<float>& out) const {
  const absl::Span<const float> weights = this->weights(task).subspan(bought ? signals_.size() : 0, signals_.size());
  out.resize(row.size());
  for (size_t i = 0; i < row.size(); ++i) out[i] = weights[i] * std::max(0.0F, Scaled(i, row[i]) - signals_[i].neutral);
}

void Ranker::Save(base::ByteWriter& out) const {
  out.Value<uint32_t>(static_cast<uint32_t>(signals_.size()));
  for (const Signal& signal : signals_) out.String(signal.name);
  for (const auto& weights : weights_) out.Array(weights);
}

Ranker Ranker::Load(base::ByteReader& in, std::vector<Signal> signals) {
  Ranker out(std::move(signals));
  in.Require(in.Value<uint32_t>() == out.signals_.size(), "the ranker reads other signals");
  for (const Signal& signal : out.signals_) in.Require(in.String() == signal.name, "the ranker reads other signals");
  for (auto& weights : out.weights_) {
    std::vector<float> read = in.Array<float>();
    in.Require(read.size() == weights.size(), "the ranker has another number of weights");
    in.RequireWeights(read);
    if (in.status().ok()) weights = std::move(read);
  }
  return out;
}

Ranker DefaultRanker(std::vector<Signal> signals) {
  struct Default {
    absl::string_view name;
    float next_other, next_bought, fresh, basket_other, basket_bought, stranger;
  };
  // Above what all other signals of an item that was not bought can add up to (7.8: each is at most 1, the trend 4).
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
