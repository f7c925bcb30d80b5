#include "libs/domain/nn/mult_vae_encoder.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace kontor::nn {

absl::StatusOr<std::unique_ptr<const MultVaeEncoder>> MultVaeEncoder::Make(Arrays arrays) {
  std::unique_ptr<MultVaeEncoder> encoder(new MultVaeEncoder);
  encoder->arrays_ = std::move(arrays);
  RETURN_IF_ERROR(encoder->Bind());
  return std::unique_ptr<const MultVaeEncoder>(std::move(encoder));
}

absl::Status MultVaeEncoder::Bind() {
  ASSIGN_OR_RETURN(output_, arrays_.FindOfRank("output_table", 2));
  ASSIGN_OR_RETURN(bias_, arrays_.Find("output_bias", {item_count()}));
  ASSIGN_OR_RETURN(input_, arrays_.Find("input_table", {item_count(), dimensions()}));
  ASSIGN_OR_RETURN(input_bias_, arrays_.Find("input_bias", {dimensions()}));
  ASSIGN_OR_RETURN(mean_, FindLinear(arrays_, "mean", dimensions()));
  ASSIGN_OR_RETURN(decode_, FindLinear(arrays_, "decode", mean_.outputs()));
  if (decode_.outputs() != dimensions()) return absl::DataLossError("the decoder's sizes do not fit together");
  return absl::OkStatus();
}

absl::Status MultVaeEncoder::Encode(absl::Span<const uint32_t> history, absl::Span<float> out) const {
  if (out.size() != dimensions()) return absl::InvalidArgumentError("the vector has another length than the model's");
  std::vector<uint32_t> items(history.begin(), history.end());
  std::sort(items.begin(), items.end());
  items.erase(std::unique(items.begin(), items.end()), items.end());
  items.erase(std::lower_bound(items.begin(), items.end(), item_count()), items.end());
  Matrix hidden = Matrix::Zero(1, dimensions());
  for (uint32_t item : items) hidden += AsMatrix(*input_).row(item);
  if (!items.empty()) hidden /= std::sqrt(static_cast<float>(items.size()));
  hidden = (hidden + AsRow(*input_bias_)).array().tanh().matrix();
  const Matrix vector = decode_(mean_(hidden)).array().tanh().matrix();
  std::copy(vector.data(), vector.data() + vector.size(), out.begin());
  return absl::OkStatus();
}

absl::Status MultVaeEncoder::EncodeItem(absl::Span<const uint32_t>, absl::Span<float>) const {
  return absl::FailedPreconditionError("a variational autoencoder does not learn from features");
}

}  // namespace kontor::nn
