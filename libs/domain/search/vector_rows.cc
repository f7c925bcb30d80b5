#include "libs/domain/search/vector_rows.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace kontor::search {
namespace {

constexpr float kLevels = 127;

}  // namespace

VectorRows::VectorRows(uint32_t dimensions, DotKernel kernel)
    : dimensions_(dimensions),
      stride_((dimensions + kCodeLine - 1) / kCodeLine * kCodeLine),
      kernel_(&FunctionsOf(kernel)) {}

float VectorRows::Round(absl::Span<const float> vector, int8_t* codes) const {
  float most = 0;
  for (const float value : vector) most = std::max(most, std::abs(value));
  const float scale = most / kLevels;
  std::memset(codes, 0, stride_);
  if (!(scale > 0) || !std::isfinite(1 / scale)) return 0;
  for (size_t i = 0; i < vector.size(); ++i) codes[i] = static_cast<int8_t>(std::lround(vector[i] / scale));
  return scale;
}

VectorRows::Query VectorRows::Prepare(absl::Span<const float> vector) const {
  Query out;
  out.codes.resize(stride_);
  out.scale = Round(vector, out.codes.data());
  out.values.assign(stride_, 0);
  std::copy(vector.begin(), vector.end(), out.values.begin());
  return out;
}

void VectorRows::Grow(uint32_t rows) {
  rows_ = std::max(rows_, rows);
  there_.resize((size_t{rows_} + 63) / 64, 0);
  while (blocks_.size() * kBlockRows < rows_) {
    blocks_.push_back(std::make_unique<Block>());
    blocks_.back()->codes.assign(kBlockRows * stride_, 0);
    blocks_.back()->scales.assign(kBlockRows, 0);
  }
}

void VectorRows::Set(uint32_t row, absl::Span<const float> vector) {
  Grow(row + 1);
  Block& block = *blocks_[row / kBlockRows];
  block.scales[row % kBlockRows] = Round(vector, block.codes.data() + size_t{row % kBlockRows} * stride_);
  there_[row / 64] |= uint64_t{1} << (row % 64);
}

size_t VectorRows::size() const {
  size_t count = 0;
  for (const uint64_t word : there_) count += static_cast<size_t>(__builtin_popcountll(word));
  return count;
}

float VectorRows::FullDot(const Query& query, uint32_t row) const {
  return kernel_->dot_floats(query.values.data(), Codes(row), stride_) * Scale(row);
}

void VectorRows::Dots(const Query& query, uint32_t first, absl::Span<float> out) const {
  int32_t dots[kDotsAtOnce];
  kernel_->dot_rows(query.codes.data(), Codes(first), stride_, out.size(), dots);
  const float* const scales = &blocks_[first / kBlockRows]->scales[first % kBlockRows];
  for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(dots[i]) * query.scale * scales[i];
}

void VectorRows::Prefetch(uint32_t row) const {
  const int8_t* codes = Codes(row);
  for (size_t i = 0; i < stride_; i += kCodeLine) __builtin_prefetch(codes + i);
}

size_t VectorRows::MemoryBytes() const {
  return blocks_.size() * kBlockRows * (stride_ + sizeof(float)) + there_.size() * sizeof(uint64_t);
}

void VectorRows::Save(base::ByteWriter& out) const {
  out.Value<uint32_t>(dimensions_);
  out.Value<uint32_t>(rows_);
  out.Array(there_);
  for (const auto& block : blocks_) {
    out.Array(std::vector<int8_t>(block->codes.begin(), block->codes.end()));
    out.Array(block->scales);
  }
}

void VectorRows::Load(base::ByteReader& in) {
  in.Require(in.Value<uint32_t>() == dimensions_, "vectors of another number of dimensions");
  const auto rows = in.Value<uint32_t>();
  there_ = in.Array<uint64_t>();
  in.Require(there_.size() == (size_t{rows} + 63) / 64, "a bitmap of another size than its rows");
  blocks_.clear();
  while (in.status().ok() && blocks_.size() * kBlockRows < rows) {
    const std::vector<int8_t> codes = in.Array<int8_t>();
    auto block = std::make_unique<Block>();
    block->codes.assign(codes.begin(), codes.end());
    block->scales = in.Array<float>();
    in.Require(codes.size() == kBlockRows * stride_ && block->scales.size() == kBlockRows, "a block of another size");
    blocks_.push_back(std::move(block));
  }
  rows_ = in.status().ok() ? rows : 0;
  if (rows_ % 64 != 0) in.Require(there_.back() >> (rows_ % 64) == 0, "a bitmap names rows beyond the last");
}

}  // namespace kontor::search
