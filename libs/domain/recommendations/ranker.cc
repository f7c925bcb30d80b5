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

void Ranker::Save(ByteWriter& out) const {
  out.Value<uint32_t>(static_cast<uint32_t>(signals_.size()));
  for (const Signal& signal : signals_) out.String(signal.name);
  for (const auto& weights : weights_) out.Array(weights);
}

Ranker Ranker::Load(ByteReader& in, std::vector<Signal> signals) {
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
    float bought, other, basket, stranger;
  };
  static constexpr Default kDefaults[] = {
      {"bought", 1.9F, 0, 1.9F, 0},
  };
  Ranker out(std::move(signals));
  std::array<std::vector<float>, kTasks> weights;
  weights.fill(std::vector<float>(2 * out.signals().size(), 0));
  for (size_t i = 0; i < out.signals().size(); ++i) {
    for (const Default& known : kDefaults) {
      if (known.name != out.signals()[i].name) continue;
      const size_t bought = out.signals().size() + i;
      weights[0][i] = weights[1][i] = known.other;
      weights[0][bought] = known.bought;
      weights[2][i] = weights[2][bought] = known.basket;
      weights[3][i] = known.stranger;
    }
  }
  for (size_t task = 0; task < kTasks; ++task) out.SetWeights(static_cast<Task>(task), weights[task]);
  return out;
}

}  // namespace kontor::recommendations
