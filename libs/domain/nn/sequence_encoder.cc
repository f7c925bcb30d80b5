#include "libs/domain/nn/sequence_encoder.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "libs/domain/nn/feature_sums.h"

namespace kontor::nn {
absl::StatusOr<std::unique_ptr<const SequenceEncoder>> SequenceEncoder::Make(Arrays arrays) {
  std::unique_ptr<SequenceEncoder> encoder(new SequenceEncoder);
  encoder->arrays_ = std::move(arrays);
  RETURN_IF_ERROR(encoder->Bind());
  return std::unique_ptr<const SequenceEncoder>(std::move(encoder));
}

absl::Status SequenceEncoder::Bind() {
  ASSIGN_OR_RETURN(output_, arrays_.FindOfRank("output_table", 2));
  ASSIGN_OR_RETURN(input_, arrays_.Find("input_table", output_->shape));
  ASSIGN_OR_RETURN(start_, arrays_.Find("start", {1, dimensions()}));
  ASSIGN_OR_RETURN(recency_, arrays_.FindOfRank("recency", 2));
  if (recency_->shape[0] != 1) return absl::DataLossError("recency has more than one row");
  ASSIGN_OR_RETURN(norm_, FindLayerNorm(arrays_, "norm", dimensions()));
  ASSIGN_OR_RETURN(project_, FindLinear(arrays_, "project", dimensions()));
  if (project_.outputs() != dimensions()) return absl::DataLossError("the sizes of project do not fit together");
  ASSIGN_OR_RETURN(const double temperature, arrays_.Number("temperature"));
  if (!(temperature > 1e-6)) return absl::DataLossError("the temperature is not positive");
  temperature_ = static_cast<float>(temperature);
  if (arrays_.arrays.count("feature_table") > 0) {
    ASSIGN_OR_RETURN(feature_rarity_, arrays_.FindOfRank("feature_rarity", 1));
    ASSIGN_OR_RETURN(feature_table_, arrays_.Find("feature_table", {feature_rarity_->shape[0], dimensions()}));
  }
  ASSIGN_OR_RETURN(const double layers, arrays_.Number("layers"));
  if (!(layers >= 1 && layers <= 64)) return absl::DataLossError("the count of layers is out of range");
  for (int i = 0; i < static_cast<int>(layers); ++i) {
    ASSIGN_OR_RETURN(Block block, BindBlock(absl::StrCat("block", i)));
    if (block.distance_bias->shape[1] != recency_->shape[1] + 1) {
      return absl::DataLossError("a block has another window than the model");
    }
    blocks_.push_back(block);
  }
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
  std::vector<uint32_t> known;  // newest first
  for (size_t i = history.size(); i > 0 && known.size() < recency_->shape[1]; --i) {
    if (history[i - 1] < item_count()) known.push_back(history[i - 1]);
  }
  const ConstMatrixMap table = AsMatrix(*input_);
  const Eigen::Index count = static_cast<Eigen::Index>(known.size());
  Matrix x(count + 1, size);
  x.row(0) = AsRow(*start_);
  for (Eigen::Index i = 0; i < count; ++i) x.row(count - i) = table.row(known[static_cast<size_t>(i)]);
  Row pooled = AsRow(*start_);
  if (count > 0) {
    const auto recency = AsRow(*recency_).head(count).array();
    Row weight = (recency - recency.maxCoeff()).exp().matrix();
    weight /= weight.sum();
    pooled.noalias() = weight.reverse() * x.bottomRows(count);
  }
  x *= std::sqrt(static_cast<float>(size));
  for (size_t i = 0; i < blocks_.size(); ++i) {
    const Eigen::Index queries = i + 1 == blocks_.size() ? 1 : count + 1;
    Matrix y = x.bottomRows(queries) + Attend(blocks_[i], x, queries);
    Matrix hidden = blocks_[i].expand(blocks_[i].before_hidden(y));
    Gelu(hidden);
    x = y + blocks_[i].contract(hidden);
  }
  pooled += project_(norm_(x));
  ToUnitLength(pooled);
  std::copy(pooled.data(), pooled.data() + size, out.begin());
  return absl::OkStatus();
}

absl::Status SequenceEncoder::EncodeItem(absl::Span<const uint32_t> features, absl::Span<float> out) const {
  if (feature_table_ == nullptr) return absl::FailedPreconditionError("this model has not learnt from features");
  if (out.size() != dimensions()) return absl::InvalidArgumentError("the vector has another length than the model's");
  Row sum = Row::Zero(dimensions());
  AddFeatures(features, feature_rarity_->values, AsMatrix(*feature_table_), sum);
  ToUnitLength(sum);
  sum /= temperature_;
  std::copy(sum.data(), sum.data() + sum.size(), out.begin());
  return absl::OkStatus();
}

}  // namespace kontor::nn
