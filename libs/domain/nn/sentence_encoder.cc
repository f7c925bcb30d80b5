#include "libs/domain/nn/sentence_encoder.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <map>
#include <unsupported/Eigen/SpecialFunctions>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/domain/nn/safetensors.h"

namespace kontor::nn {
namespace {

constexpr size_t kWidth = SentenceEncoder::kDimensions;
constexpr size_t kHeads = 12, kHeadWidth = kWidth / kHeads;
constexpr float kEpsilon = 1e-12F;
constexpr size_t kBatchTokens = 384;  // so that what lies between the layers stays in the second-level cache

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using HeadRows = Eigen::Map<const Matrix, 0, Eigen::OuterStride<3 * kWidth>>;
using Numbers = Eigen::Map<Eigen::ArrayXf>;
using ConstNumbers = Eigen::Map<const Eigen::Array<float, kWidth, 1>>;

// x + y, normalised in rows of 384 (Ba, Kiros, Hinton 2016), into x.
void AddAndNormalise(const std::vector<float>& y, const std::vector<float>& weight, const std::vector<float>& bias,
                     std::vector<float>& x) {
  for (size_t at = 0; at < x.size(); at += kWidth) {
    Eigen::Map<Eigen::Array<float, kWidth, 1>> row(x.data() + at);
    row += ConstNumbers(y.data() + at);
    row -= row.mean();
    const float scale = 1 / std::sqrt(row.square().mean() + kEpsilon);
    row = row * scale * ConstNumbers(weight.data()) + ConstNumbers(bias.data());
  }
}

// The exact GELU (Hendrycks, Gimpel 2016).
void Gelu(std::vector<float>& values) {
  Numbers x(values.data(), static_cast<Eigen::Index>(values.size()));
  x = 0.5F * x * (1 + (x * 0.70710678F).erf());
}

// Attention of one text within all heads (Vaswani et al. 2017): rows of queries, keys, values → rows of 384.
void AttendText(const float* projected, size_t tokens, float* out) {
  const auto n = static_cast<Eigen::Index>(tokens);
  const float scale = 1 / std::sqrt(static_cast<float>(kHeadWidth));
  Matrix weights(n, n);
  for (size_t head = 0; head < kHeads; ++head) {
    const float* at = projected + head * kHeadWidth;
    const HeadRows queries(at, n, kHeadWidth), keys(at + kWidth, n, kHeadWidth), values(at + 2 * kWidth, n, kHeadWidth);
    weights.noalias() = queries * keys.transpose();
    weights *= scale;
    for (Eigen::Index i = 0; i < n; ++i) {
      weights.row(i).array() = (weights.row(i).array() - weights.row(i).maxCoeff()).exp();
      weights.row(i) /= weights.row(i).sum();
    }
    Eigen::Map<Matrix, 0, Eigen::OuterStride<kWidth>>(out + head * kHeadWidth, n, kHeadWidth).noalias() =
        weights * values;
  }
}

}  // namespace

// Texts that are encoded together, their tokens one after another, and what lies between the layers.
struct SentenceEncoder::Batch {
  std::vector<int32_t> tokens;
  std::vector<size_t> ends;  // of each text's tokens
  std::vector<float> x, projected, attended, hidden;

  size_t size() const { return tokens.size(); }
  void Clear() {
    tokens.clear();
    ends.clear();
  }
};

void SentenceEncoder::Embed(Batch& batch) const {
  batch.x.resize(batch.size() * kWidth);
  batch.attended.resize(batch.x.size());
  size_t begin = 0;
  for (const size_t end : batch.ends) {
    for (size_t i = begin; i < end; ++i) {
      std::copy_n(words_.data() + static_cast<size_t>(batch.tokens[i]) * kWidth, kWidth, batch.x.data() + i * kWidth);
      std::copy_n(positions_.data() + (i - begin) * kWidth, kWidth, batch.attended.data() + i * kWidth);
    }
    begin = end;
  }
  AddAndNormalise(batch.attended, embedded_norm_.weight, embedded_norm_.bias, batch.x);
}

void SentenceEncoder::Attend(const Layer& layer, Batch& batch, ProductKernel kernel) const {
  batch.projected.resize(batch.size() * layer.attention.outputs());
  layer.attention.Multiply(batch.x.data(), batch.size(), batch.projected.data(), kernel);
  batch.hidden.resize(batch.size() * kWidth);
  size_t begin = 0;
  for (const size_t end : batch.ends) {
    AttendText(batch.projected.data() + begin * 3 * kWidth, end - begin, batch.hidden.data() + begin * kWidth);
    begin = end;
  }
  layer.attended.Multiply(batch.hidden.data(), batch.size(), batch.attended.data(), kernel);
  AddAndNormalise(batch.attended, layer.attended_norm.weight, layer.attended_norm.bias, batch.x);
}

void SentenceEncoder::FeedForward(const Layer& layer, Batch& batch, ProductKernel kernel) const {
  batch.hidden.resize(batch.size() * layer.expand.outputs());
  layer.expand.Multiply(batch.x.data(), batch.size(), batch.hidden.data(), kernel);
  Gelu(batch.hidden);
  layer.contract.Multiply(batch.hidden.data(), batch.size(), batch.attended.data(), kernel);
  AddAndNormalise(batch.attended, layer.contract_norm.weight, layer.contract_norm.bias, batch.x);
}

void SentenceEncoder::EncodeBatch(Batch& batch, ProductKernel kernel, absl::Span<float> out) const {
  Embed(batch);
  for (const Layer& layer : layers_) {
    Attend(layer, batch, kernel);
    FeedForward(layer, batch, kernel);
  }
  size_t begin = 0;
  for (size_t text = 0; text < batch.ends.size(); ++text) {
    Eigen::Map<Eigen::Array<float, kWidth, 1>> vector(out.data() + text * kWidth);
    vector.setZero();
    for (size_t i = begin; i < batch.ends[text]; ++i) vector += ConstNumbers(batch.x.data() + i * kWidth);
    vector /= std::max(vector.matrix().norm(), 1e-12F);
    begin = batch.ends[text];
  }
}

absl::Status SentenceEncoder::Encode(absl::Span<const absl::string_view> texts, absl::Span<float> out) const {
  return Encode(texts, out, BestProductKernel());
}

absl::Status SentenceEncoder::Encode(absl::Span<const absl::string_view> texts, absl::Span<float> out,
                                     ProductKernel kernel) const {
  if (out.size() != texts.size() * kDimensions) {
    return absl::InvalidArgumentError(absl::StrCat("give ", texts.size() * kDimensions, " numbers to write"));
  }
  Batch batch;
  std::vector<int32_t> ids;
  size_t first = 0;
  const auto flush = [&](size_t next) {
    if (next > first) EncodeBatch(batch, kernel, out.subspan(first * kDimensions, (next - first) * kDimensions));
    batch.Clear();
    first = next;
  };
  for (size_t text = 0; text < texts.size(); ++text) {
    tokenizer_->Tokenize(texts[text], kMaxTokens, ids);
    if (batch.size() + ids.size() > kBatchTokens) flush(text);
    batch.tokens.insert(batch.tokens.end(), ids.begin(), ids.end());
    batch.ends.push_back(batch.size());
  }
  flush(texts.size());
  return absl::OkStatus();
}

// Fills an encoder from the tensors of its file.
class SentenceEncoderReader {
 public:
  explicit SentenceEncoderReader(const std::map<std::string, SafeTensor>& tensors) : tensors_(tensors) {}

  absl::Status Read(SentenceEncoder& out) {
    const std::string prefix = "embeddings.";
    const uint64_t words = out.tokenizer_->size();
    const auto table = tensors_.find(prefix + "word_embeddings.weight");
    if (table != tensors_.end() && table->second.shape != std::vector<uint64_t>{words, kWidth}) {
      return absl::InvalidArgumentError(
          absl::StrCat("the vocabulary has ", words, " pieces, not as many as the model"));
    }
    ASSIGN_OR_RETURN(out.words_, Floats(prefix + "word_embeddings.weight", {words, kWidth}));
    ASSIGN_OR_RETURN(out.positions_, Floats(prefix + "position_embeddings.weight", {kPositions, kWidth}));
    ASSIGN_OR_RETURN(const std::vector<float> types, Floats(prefix + "token_type_embeddings.weight", {2, kWidth}));
    for (size_t i = 0; i < out.positions_.size(); ++i) out.positions_[i] += types[i % kWidth];
    ASSIGN_OR_RETURN(out.embedded_norm_, ReadNorm(prefix + "LayerNorm"));
    for (int layer = 0; layer < kLayers; ++layer) {
      RETURN_IF_ERROR(ReadLayer(absl::StrCat("encoder.layer.", layer, "."), out.layers_.emplace_back()));
    }
    return absl::OkStatus();
  }

 private:
  static constexpr int kLayers = 6;
  static constexpr size_t kPositions = 512, kHidden = 1536;

  absl::StatusOr<std::vector<float>> Floats(const std::string& name, const std::vector<uint64_t>& shape) {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) return absl::DataLossError(absl::StrCat("the model lacks ", name));
    absl::StatusOr<std::vector<float>> values = found->second.Floats(shape);
    if (!values.ok()) return base::Annotate(values.status(), name);
    return values;
  }

  absl::StatusOr<SentenceEncoder::Norm> ReadNorm(const std::string& name) {
    SentenceEncoder::Norm out;
    ASSIGN_OR_RETURN(out.weight, Floats(name + ".weight", {kWidth}));
    ASSIGN_OR_RETURN(out.bias, Floats(name + ".bias", {kWidth}));
    return out;
  }

  // Several linear maps of the same inputs as one.
  absl::StatusOr<PackedMatrix> ReadMatrix(const std::vector<std::string>& names, size_t outputs, size_t inputs) {
    std::vector<float> weight, bias;
    for (const std::string& name : names) {
      ASSIGN_OR_RETURN(const std::vector<float> w, Floats(name + ".weight", {outputs, inputs}));
      ASSIGN_OR_RETURN(const std::vector<float> b, Floats(name + ".bias", {outputs}));
      weight.insert(weight.end(), w.begin(), w.end());
      bias.insert(bias.end(), b.begin(), b.end());
    }
    return PackedMatrix(weight, bias, inputs);
  }

  absl::Status ReadLayer(const std::string& name, SentenceEncoder::Layer& out) {
    const std::string self = name + "attention.self.";
    ASSIGN_OR_RETURN(out.attention, ReadMatrix({self + "query", self + "key", self + "value"}, kWidth, kWidth));
    ASSIGN_OR_RETURN(out.attended, ReadMatrix({name + "attention.output.dense"}, kWidth, kWidth));
    ASSIGN_OR_RETURN(out.expand, ReadMatrix({name + "intermediate.dense"}, kHidden, kWidth));
    ASSIGN_OR_RETURN(out.contract, ReadMatrix({name + "output.dense"}, kWidth, kHidden));
    ASSIGN_OR_RETURN(out.attended_norm, ReadNorm(name + "attention.output.LayerNorm"));
    ASSIGN_OR_RETURN(out.contract_norm, ReadNorm(name + "output.LayerNorm"));
    return absl::OkStatus();
  }

  const std::map<std::string, SafeTensor>& tensors_;
};

absl::StatusOr<std::unique_ptr<SentenceEncoder>> SentenceEncoder::Create(absl::string_view safetensors,
                                                                         absl::string_view vocabulary) {
  std::unique_ptr<SentenceEncoder> out(new SentenceEncoder());
  ASSIGN_OR_RETURN(text::WordPiece tokenizer, text::WordPiece::Create(vocabulary));
  out->tokenizer_ = std::make_unique<text::WordPiece>(std::move(tokenizer));
  ASSIGN_OR_RETURN(const auto tensors, ReadSafeTensors(safetensors));
  RETURN_IF_ERROR(SentenceEncoderReader(tensors).Read(*out));
  return out;
}

}  // namespace kontor::nn
