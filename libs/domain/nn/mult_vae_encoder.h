#pragma once

#include <memory>
#include <string>

#include "libs/domain/nn/arrays.h"
#include "libs/domain/nn/dense.h"
#include "libs/domain/nn/user_encoder.h"

namespace kontor::nn {

inline constexpr absl::string_view kMultVaeKind = "mult_vae";

// The serving form of a Mult-VAE (mult_vae.h): the mean of the latent distribution goes through the decoder.
class MultVaeEncoder : public UserEncoder {
 public:
  // Takes "input_table" (items x hidden), "input_bias" (1 x hidden), "mean", "decode", "output_table", "output_bias".
  // DATA_LOSS when sizes do not fit together.
  static absl::StatusOr<std::unique_ptr<const MultVaeEncoder>> Make(Arrays arrays);

  uint32_t item_count() const override { return output_->shape[0]; }
  uint32_t dimensions() const override { return output_->shape[1]; }
  absl::Span<const float> output_table() const override { return output_->values; }
  absl::Span<const float> output_bias() const override { return bias_->values; }
  absl::Status Encode(absl::Span<const uint32_t> history, absl::Span<float> out) const override;
  absl::Status EncodeItem(absl::Span<const uint32_t> features, absl::Span<float> out) const override;
  std::string Save() const override { return SaveArrays(arrays_); }

 private:
  MultVaeEncoder() = default;
  absl::Status Bind();

  Arrays arrays_;
  const Array* input_ = nullptr;
  const Array* input_bias_ = nullptr;
  const Array* output_ = nullptr;
  const Array* bias_ = nullptr;
  Linear mean_, decode_;
};

}  // namespace kontor::nn
