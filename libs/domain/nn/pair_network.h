#pragma once

#include <memory>
#include <string>

#include "libs/domain/nn/arrays.h"
#include "libs/domain/nn/dense.h"
#include "libs/domain/nn/pair_scorer.h"

namespace kontor::nn {

inline constexpr absl::string_view kPairScorerKind = "pair_scorer";

// The serving form of NeuMF. The perceptron's first layer is linear in the user and in the item, so the item's part of
// it is a table ("item_hidden"), and the weights of the factors are within "item_factors".
class PairNetwork : public PairScorer {
 public:
  // DATA_LOSS when sizes do not fit together.
  static absl::StatusOr<std::unique_ptr<const PairNetwork>> Make(Arrays arrays);

  uint32_t item_count() const override { return item_factors_->shape[0]; }
  absl::Status Score(absl::Span<const uint32_t> history, absl::Span<const uint32_t> items,
                     absl::Span<float> out) const override;
  std::string Save() const override { return SaveArrays(arrays_); }

 private:
  PairNetwork() = default;
  absl::Status Bind();

  Arrays arrays_;
  const Array* user_factors_ = nullptr;
  const Array* item_factors_ = nullptr;
  const Array* user_inputs_ = nullptr;
  const Array* item_hidden_ = nullptr;
  const Array* item_bias_ = nullptr;
  Linear user_layer_, second_, last_;
};

}  // namespace kontor::nn
