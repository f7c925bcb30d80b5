#pragma once

#include <memory>
#include <string>
#include <vector>

#include "libs/domain/nn/arrays.h"
#include "libs/domain/nn/dense.h"
#include "libs/domain/nn/user_encoder.h"

namespace kontor::nn {

inline constexpr absl::string_view kSequenceKind = "sequence";

// The serving form of a sequence model (sequence_model.h): pre-norm transformer blocks with causal attention and
// learned biases by distance, over a start token and the last `window` items. Only what the last position needs is
// computed in the last block.
class SequenceEncoder : public UserEncoder {
 public:
  // Takes "input_table" and "output_table" (items x size), "start" and "recency" (one row each), "block<i>", "norm",
  // "project", the numbers "layers" and "temperature", and, when it has learnt from features, "feature_table" and
  // "feature_rarity". DATA_LOSS when sizes do not fit together.
  static absl::StatusOr<std::unique_ptr<const SequenceEncoder>> Make(Arrays arrays);

  uint32_t item_count() const override { return output_->shape[0]; }
  uint32_t dimensions() const override { return output_->shape[1]; }
  absl::Span<const float> output_table() const override { return output_->values; }
  absl::Span<const float> output_bias() const override { return {}; }
  absl::Status Encode(absl::Span<const uint32_t> history, absl::Span<float> out) const override;
  absl::Status EncodeItem(absl::Span<const uint32_t> features, absl::Span<float> out) const override;
  std::string Save() const override { return SaveArrays(arrays_); }

 private:
  struct Block {
    LayerNorm before_attention, before_hidden;
    Linear query_key_value, mix, expand, contract;
    const Array* distance_bias = nullptr;  // heads x (window + 1)
  };

  SequenceEncoder() = default;
  absl::Status Bind();
  absl::StatusOr<Block> BindBlock(const std::string& name) const;
  Matrix Attend(const Block& block, const Matrix& x, Eigen::Index queries) const;

  Arrays arrays_;
  const Array* input_ = nullptr;
  const Array* output_ = nullptr;
  std::vector<Block> blocks_;
  LayerNorm norm_;
  Linear project_;
  const Array* start_ = nullptr;
  const Array* recency_ = nullptr;        // 1 x window
  const Array* feature_table_ = nullptr;  // null without features
  const Array* feature_rarity_ = nullptr;
  float temperature_ = 1;
};

}  // namespace kontor::nn
