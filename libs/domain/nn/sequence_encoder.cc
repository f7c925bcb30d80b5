#include "libs/domain/nn/sequence_encoder.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"

namespace kontor::nn {
namespace {

// The exact GELU, as LibTorch has it.
void Gelu(Matrix& x) {
  x = x.unaryExpr([](float v) { return 0.5F * v * (1 + std::erf(v * 0.70710678F)); });
}

}  // namespace

absl::StatusOr<std::unique_ptr<const SequenceEncoder>> SequenceEncoder::Make(Arrays arrays) {
  std::unique_ptr<SequenceEncoder> encoder(new SequenceEncoder);
  encoder->arrays_ = std::move(arrays);
  RETURN_IF_ERROR(encoder->Bind());
  return std::unique_ptr<const SequenceEncoder>(std::move(encoder));
}

absl::Status SequenceEncoder::Bind() {
  ASSIGN_OR_RETURN(output_, arrays_.FindOfRank("output_table", 2));
  ASSIGN_OR_RETURN(input_, arrays_.Find("input_table", {item_count() + 1, dimensions()}));
  ASSIGN_OR_RETURN(norm_, FindLayerNorm(arrays_, "norm", dimensions()));
  ASSIGN_OR_RETURN(const double layers, arrays_.Number("layers"));
  if (!(layers >= 1 && layers <= 64)) return absl::DataLossError("the count of layers is out of range");
  for (int i = 0; i < static_cast<int>(layers); ++i) {
    ASSIGN_OR_RETURN(Block block, BindBlock(absl::StrCat("block", i)));
    if (i > 0 && block.distance_bias->shape != blocks_[0].distance_bias->shape) {
      return absl::DataLossError("blocks have different windows or heads");
    }
    blocks_.push_back(block);
  }
  window_ = blocks_[0].distance_bias->shape[1] - 1;
  return absl::OkStatus();
}

absl::StatusOr<SequenceEncoder::Block> SequenceEncoder::BindBlock(const std::string& name) const {
  Block block;
  const uint32_t size = dimensions();
  ASSIGN_OR_RETURN(block.before_attention, FindLayerNorm(arrays_, name + ".norm1", size));
  ASSIGN_OR_RETURN(block.before_hidden, FindLayerNorm(arrays_, name + ".norm2", size));
  ASSIGN_OR_RETURN(block.query_key_value, FindLinear(arrays_, name + ".qkv", size));
  ASSIGN_OR_RETURN(block.mix, FindLinear(arrays_, name + ".mix", size));
  ASSIGN_OR_RETURN(block.expand, FindLinear(arrays_, name + ".expand", size));
  ASSIGN_OR_RETURN(block.contract, FindLinear(arrays_, name + ".contract", block.expand.outputs()));
  ASSIGN_OR_RETURN(block.distance_bias, arrays_.FindOfRank(name + ".distance", 2));
  const uint32_t heads = block.distance_bias->shape[0];
  if (block.query_key_value.outputs() != 3 * size || block.mix.outputs() != size || block.contract.outputs() != size ||
      size % heads != 0 || block.distance_bias->shape[1] < 2) {
    return absl::DataLossError(absl::StrCat("the sizes of ", name, " do not fit together"));
  }
  return block;
}

// Attention of the last `queries` positions to all before them, and to themselves.
Matrix SequenceEncoder::Attend(const Block& block, const Matrix& x, Eigen::Index queries) const {
  const Eigen::Index length = x.rows(), size = x.cols(), heads = block.distance_bias->shape[0], width = size / heads;
  const Matrix normed = block.before_attention(x);
  const ConstMatrixMap weight = AsMatrix(*block.query_key_value.weight);
  const ConstRowMap bias = AsRow(*block.query_key_value.bias);
  Matrix query = normed.bottomRows(queries) * weight.topRows(size).transpose();
  query.rowwise() += bias.head(size);
  Matrix key_value = normed * weight.bottomRows(2 * size).transpose();
  key_value.rowwise() += bias.tail(2 * size);

  const float scale = 1 / std::sqrt(static_cast<float>(width));
  const ConstMatrixMap distance = AsMatrix(*block.distance_bias);
  Matrix mixed(queries, size), scores(queries, length);
  for (Eigen::Index head = 0; head < heads; ++head) {
    scores.noalias() = query.middleCols(head * width, width) * key_value.middleCols(head * width, width).transpose();
    for (Eigen::Index q = 0; q < queries; ++q) {
      const Eigen::Index seen = length - queries + q + 1;
      auto row = scores.row(q).head(seen);
      row = row * scale + distance.row(head).head(seen).reverse();
      row = (row.array() - row.maxCoeff()).exp().matrix();
      row /= row.sum();
      scores.row(q).tail(length - seen).setZero();
    }
    mixed.middleCols(head * width, width).noalias() = scores * key_value.middleCols(size + head * width, width);
  }
  return block.mix(mixed);
}

absl::Status SequenceEncoder::Encode(absl::Span<const uint32_t> history, absl::Span<float> out) const {
  const Eigen::Index size = dimensions();
  if (out.size() != dimensions()) return absl::InvalidArgumentError("the vector has another length than the model's");
  std::vector<uint32_t> tokens;  // newest first, then the start
  for (size_t i = history.size(); i > 0 && tokens.size() < window_; --i) {
    if (history[i - 1] < item_count()) tokens.push_back(history[i - 1]);
  }
  tokens.push_back(item_count());
  const ConstMatrixMap table = AsMatrix(*input_);
  const Eigen::Index length = static_cast<Eigen::Index>(tokens.size());
  Matrix x(length, size);
  for (Eigen::Index i = 0; i < length; ++i) x.row(i) = table.row(tokens[static_cast<size_t>(length - 1 - i)]);
  for (size_t i = 0; i < blocks_.size(); ++i) {
    const Eigen::Index queries = i + 1 == blocks_.size() ? 1 : length;
    Matrix y = x.bottomRows(queries) + Attend(blocks_[i], x, queries);
    Matrix hidden = blocks_[i].expand(blocks_[i].before_hidden(y));
    Gelu(hidden);
    x = y + blocks_[i].contract(hidden);
  }
  const Matrix vector = norm_(x);
  std::copy(vector.data(), vector.data() + size, out.begin());
  return absl::OkStatus();
}

absl::Status SequenceEncoder::EncodeItem(absl::Span<const uint32_t>, absl::Span<float>) const {
  return absl::FailedPreconditionError("this model has not learnt from features");
}

}  // namespace kontor::nn
