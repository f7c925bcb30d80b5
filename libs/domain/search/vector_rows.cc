#include "libs/domain/search/vector_rows.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace kontor::search {
namespace {

constexpr size_t kLine = 64;
constexpr float kLevels = 127;

int32_t DotPortable(const int8_t* a, const int8_t* b, size_t size) {
  int32_t sum = 0;
  for (size_t i = 0; i < size; ++i) sum += a[i] * b[i];
  return sum;
}

#if defined(__x86_64__)

__attribute__((target("avx2"))) inline int32_t SumOf(__m256i sum) {
  const __m128i half = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
  const __m128i quarter = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4e));
  return _mm_cvtsi128_si32(_mm_add_epi32(quarter, _mm_shuffle_epi32(quarter, 0xb1)));
}

__attribute__((target("avx2"))) int32_t DotAvx2(const int8_t* a, const int8_t* b, size_t size) {
  __m256i sum = _mm256_setzero_si256();
  for (size_t i = 0; i < size; i += 16) {
    const __m256i x = _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(a + i)));
    const __m256i y = _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(b + i)));
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(x, y));
  }
  return SumOf(sum);
}

// The instruction takes one side without sign: a + 128, and 128 times b is taken off again.
__attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni"))) int32_t DotAvx512(const int8_t* a, const int8_t* b,
                                                                                  size_t size) {
  const __m512i offset = _mm512_set1_epi8(static_cast<char>(0x80));
  __m512i sum = _mm512_setzero_si512(), extra = _mm512_setzero_si512();
  for (size_t i = 0; i < size; i += kLine) {
    const __m512i y = _mm512_loadu_si512(b + i);
    sum = _mm512_dpbusd_epi32(sum, _mm512_xor_si512(_mm512_loadu_si512(a + i), offset), y);
    extra = _mm512_dpbusd_epi32(extra, offset, y);
  }
  alignas(kLine) int32_t lanes[16];
  _mm512_store_si512(lanes, _mm512_sub_epi32(sum, extra));
  return SumOf(_mm256_add_epi32(_mm256_load_si256(reinterpret_cast<const __m256i*>(lanes)),
                                _mm256_load_si256(reinterpret_cast<const __m256i*>(lanes + 8))));
}

#endif

using Function = int32_t (*)(const int8_t*, const int8_t*, size_t);

Function FunctionOf(DotKernel kernel) {
#if defined(__x86_64__)
  if (kernel == DotKernel::kAvx512) return DotAvx512;
  if (kernel == DotKernel::kAvx2) return DotAvx2;
#endif
  return DotPortable;
}

}  // namespace

bool Runs(DotKernel kernel) {
#if defined(__x86_64__)
  if (kernel == DotKernel::kAvx512) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
  }
  if (kernel == DotKernel::kAvx2) return __builtin_cpu_supports("avx2") != 0;
#endif
  return kernel == DotKernel::kPortable;
}

DotKernel BestDotKernel() {
  static const DotKernel best = Runs(DotKernel::kAvx512) ? DotKernel::kAvx512
                                : Runs(DotKernel::kAvx2) ? DotKernel::kAvx2
                                                         : DotKernel::kPortable;
  return best;
}

VectorRows::VectorRows(uint32_t dimensions, DotKernel kernel)
    : dimensions_(dimensions), stride_((dimensions + kLine - 1) / kLine * kLine), dot_(FunctionOf(kernel)) {}

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
  out.values.assign(vector.begin(), vector.end());
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
  const int8_t* codes = Codes(row);
  float sum = 0;
  for (size_t i = 0; i < query.values.size(); ++i) sum += query.values[i] * static_cast<float>(codes[i]);
  return sum * Scale(row);
}

void VectorRows::Prefetch(uint32_t row) const {
  const int8_t* codes = Codes(row);
  for (size_t i = 0; i < stride_; i += kLine) __builtin_prefetch(codes + i);
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
