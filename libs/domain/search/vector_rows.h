#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "libs/base/bytes.h"
#include "libs/domain/search/vector_kernels.h"

namespace kontor::search {

// Vectors in int8, each with its scale: value = code * scale, codes within -127 … 127, the largest of a row ±127. Rows
// lie in blocks, so that growing copies nothing. Not thread-safe for writing.
class VectorRows {
 public:
  explicit VectorRows(uint32_t dimensions, DotKernel kernel = BestDotKernel());

  // A vector as the kernels meet it, and as it was.
  struct Query {
    std::vector<int8_t> codes;
    float scale = 0;
    std::vector<float> values;  // with zeros behind them, as many as a row has codes
  };
  Query Prepare(absl::Span<const float> vector) const;

  void Set(uint32_t row, absl::Span<const float> vector);
  void Remove(uint32_t row) { there_[row / 64] &= ~(uint64_t{1} << (row % 64)); }  // the codes stay; row < rows()
  bool Has(uint32_t row) const { return row < rows_ && (there_[row / 64] >> (row % 64) & 1) != 0; }
  uint32_t rows() const { return rows_; }                      // one more than the largest that was ever set
  size_t size() const;                                         // rows that are there
  absl::Span<const uint64_t> there() const { return there_; }  // bit row % 64 of word row / 64

  float Dot(const Query& query, uint32_t row) const {
    return static_cast<float>(kernel_->dot(query.codes.data(), Codes(row), stride_)) * query.scale * Scale(row);
  }
  float Dot(uint32_t a, uint32_t b) const {
    return static_cast<float>(kernel_->dot(Codes(a), Codes(b), stride_)) * Scale(a) * Scale(b);
  }
  // Of the rows first …, as Dot; `first` is a multiple of kDotsAtOnce and out.size() at most that. Rows that are not
  // there give something.
  static constexpr size_t kDotsAtOnce = 64;
  void Dots(const Query& query, uint32_t first, absl::Span<float> out) const;
  // With the query as it was, not rounded.
  float FullDot(const Query& query, uint32_t row) const;
  void Prefetch(uint32_t row) const;
  size_t MemoryBytes() const;

  void Save(base::ByteWriter& out) const;
  // Replaces all; rows of another number of dimensions are an error of the reader.
  void Load(base::ByteReader& in);

 private:
  static constexpr uint32_t kBlockRows = 4'096;
  struct Block {
    std::vector<int8_t, Eigen::aligned_allocator<int8_t>> codes;
    std::vector<float> scales;
  };

  void Grow(uint32_t rows);
  const int8_t* Codes(uint32_t row) const {
    return blocks_[row / kBlockRows]->codes.data() + size_t{row % kBlockRows} * stride_;
  }
  float Scale(uint32_t row) const { return blocks_[row / kBlockRows]->scales[row % kBlockRows]; }
  float Round(absl::Span<const float> vector, int8_t* codes) const;  // returns the scale

  uint32_t dimensions_, rows_ = 0;
  size_t stride_;  // dimensions, up to whole cache lines; zeros behind them
  const DotFunctions* kernel_;
  std::vector<std::unique_ptr<Block>> blocks_;
  std::vector<uint64_t> there_;
};

}  // namespace kontor::search
