#include "libs/domain/nn/pair_scorer.h"

#include <algorithm>
#include <utility>

#include "libs/domain/nn/dense.h"
#include "libs/domain/nn/pair_network.h"

namespace kontor::nn {

absl::StatusOr<std::unique_ptr<const PairNetwork>> PairNetwork::Make(Arrays arrays) {
  std::unique_ptr<PairNetwork> network(new PairNetwork);
  network->arrays_ = std::move(arrays);
  RETURN_IF_ERROR(network->Bind());
  return std::unique_ptr<const PairNetwork>(std::move(network));
}

absl::Status PairNetwork::Bind() {
  ASSIGN_OR_RETURN(item_factors_, arrays_.FindOfRank("item_factors", 2));
  const std::vector<uint32_t>& shape = item_factors_->shape;
  ASSIGN_OR_RETURN(user_factors_, arrays_.Find("user_factors", shape));
  ASSIGN_OR_RETURN(user_inputs_, arrays_.Find("user_inputs", shape));
  ASSIGN_OR_RETURN(user_layer_, FindLinear(arrays_, "user_layer", shape[1]));
  ASSIGN_OR_RETURN(item_hidden_, arrays_.Find("item_hidden", {shape[0], user_layer_.outputs()}));
  ASSIGN_OR_RETURN(second_, FindLinear(arrays_, "second", user_layer_.outputs()));
  ASSIGN_OR_RETURN(last_, FindLinear(arrays_, "last", second_.outputs()));
  ASSIGN_OR_RETURN(item_bias_, arrays_.Find("item_bias", {shape[0]}));
  return last_.outputs() == 1 ? absl::OkStatus() : absl::DataLossError("the last layer has more than one output");
}

absl::Status PairNetwork::Score(absl::Span<const uint32_t> history, absl::Span<const uint32_t> items,
                                absl::Span<float> out) const {
  if (out.size() != items.size()) return absl::InvalidArgumentError("scores and items differ in length");
  if (items.empty()) return absl::OkStatus();
  Row factors = Row::Zero(item_factors_->shape[1]), inputs = factors;
  float known = 0;
  for (uint32_t item : history) {
    if (item >= item_count()) continue;
    factors += AsMatrix(*user_factors_).row(item);
    inputs += AsMatrix(*user_inputs_).row(item);
    ++known;
  }
  factors /= std::max(known, 1.0F);
  inputs /= std::max(known, 1.0F);
  const Matrix user_hidden = user_layer_(inputs);
  Matrix hidden(items.size(), user_layer_.outputs());
  for (size_t i = 0; i < items.size(); ++i) {
    const Eigen::Index row = static_cast<Eigen::Index>(i);
    hidden.row(row) = user_hidden;
    if (items[i] >= item_count()) {
      out[i] = 0;
      continue;
    }
    hidden.row(row) += AsMatrix(*item_hidden_).row(items[i]);
    out[i] = factors.dot(AsMatrix(*item_factors_).row(items[i])) + item_bias_->values[items[i]];
  }
  hidden = hidden.cwiseMax(0);
  hidden = second_(hidden).cwiseMax(0);
  const Matrix logits = last_(hidden);
  for (size_t i = 0; i < items.size(); ++i) out[i] += logits(static_cast<Eigen::Index>(i), 0);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<const PairScorer>> LoadPairScorer(absl::string_view bytes) {
  ASSIGN_OR_RETURN(Arrays arrays, LoadArrays(bytes));
  if (arrays.kind != kPairScorerKind) return absl::InvalidArgumentError("these bytes are not a pair scorer");
  return PairNetwork::Make(std::move(arrays));
}

}  // namespace kontor::nn
