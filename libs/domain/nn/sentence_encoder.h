#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/domain/nn/packed_matrix.h"
#include "libs/domain/text/word_piece.h"

namespace kontor::nn {

// A text's meaning as a vector of length 1: sentence-transformers/all-MiniLM-L6-v2 (Reimers, Gurevych 2019; Wang et al.
// 2020), a BERT of six layers, 384 wide, mean-pooled. Served by own kernels in float32, without LibTorch. The inner
// product of two vectors is their texts' similarity. Immutable, thread-safe.
class SentenceEncoder {
 public:
  static constexpr size_t kDimensions = 384;
  static constexpr size_t kMaxTokens = 256;  // of a text; what is longer is cut

  // From the model's files model.safetensors and vocab.txt, which are only read here. About 90 MB stay in memory.
  // INVALID_ARGUMENT: a vocabulary without its marks or of another size than the model's. DATA_LOSS: a file that is
  // cut, or lacks tensors of this shape.
  static absl::StatusOr<std::unique_ptr<SentenceEncoder>> Create(absl::string_view safetensors,
                                                                 absl::string_view vocabulary);

  // Writes texts.size() * 384 numbers, a text's vector after the other. Any bytes are a text. A vector does not depend
  // on the texts beside it but by rounding. One thread; 21 million operations a token: with AVX-512 2 ms for a query of
  // eight tokens, 1.3 ms a text of them in larger batches. INVALID_ARGUMENT when out has another size.
  absl::Status Encode(absl::Span<const absl::string_view> texts, absl::Span<float> out) const;
  // The same by a kernel that runs here.
  absl::Status Encode(absl::Span<const absl::string_view> texts, absl::Span<float> out, ProductKernel kernel) const;

  const text::WordPiece& tokenizer() const { return *tokenizer_; }

 private:
  friend class SentenceEncoderReader;
  struct Norm {
    std::vector<float> weight, bias;
  };
  struct Layer {
    PackedMatrix attention;  // queries, keys and values side by side
    PackedMatrix attended, expand, contract;
    Norm attended_norm, contract_norm;
  };
  struct Batch;

  SentenceEncoder() = default;
  void Embed(Batch& batch) const;
  void Attend(const Layer& layer, Batch& batch, ProductKernel kernel) const;
  void FeedForward(const Layer& layer, Batch& batch, ProductKernel kernel) const;
  void EncodeBatch(Batch& batch, ProductKernel kernel, absl::Span<float> out) const;

  std::unique_ptr<text::WordPiece> tokenizer_;
  std::vector<float> words_, positions_;  // a row of 384 each; positions hold the token type, too
  Norm embedded_norm_;
  std::vector<Layer> layers_;
};

}  // namespace kontor::nn
