#include "libs/domain/recommendations/vector_kernels.h"

#include <algorithm>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace kontor::recommendations {
namespace {

constexpr size_t kLine = 64;  // bytes: 16 items of 4 dimensions
constexpr size_t kQuadBytes = 3 * kLine;
constexpr int kOffset = 32;  // coordinates are stored as whole numbers above 0

// What the offset adds to every sum of products.
int32_t OffsetSum(const Scan& scan) {
  int32_t sum = 0;
  for (size_t i = 0; i < scan.quads * kQuadDims; ++i) sum += scan.query[i];
  return kOffset * sum;
}

// The next block with an allowed item, `block` itself the first, and which of its items are; scan.blocks at the end.
inline size_t NextAllowed(const Scan& scan, size_t block, uint32_t& items) {
  items = 0xffff;
  if (!scan.filtered) return std::min(block, scan.blocks);
  for (; block < scan.blocks && block / 4 < scan.allowed.size(); ++block) {
    items = static_cast<uint32_t>(scan.allowed[block / 4] >> (16 * (block % 4)) & 0xffff);
    if (items != 0) return block;
  }
  return scan.blocks;
}

void Append(size_t block, uint32_t items, const float* scores, ScanHits& hits) {
  for (; items != 0; items &= items - 1) {
    const int i = __builtin_ctz(items);
    hits.items[hits.size] = static_cast<uint32_t>(block * kBlockItems) + static_cast<uint32_t>(i);
    hits.scores[hits.size++] = scores[i];
  }
}

size_t CollectPortable(const Scan& scan, size_t from, float floor, ScanHits& hits) {
  const int32_t offset = OffsetSum(scan);
  uint32_t items = 0;
  size_t block = NextAllowed(scan, from, items);
  for (; block < scan.blocks && hits.size < ScanHits::kFull; block = NextAllowed(scan, block + 1, items)) {
    int32_t sums[kBlockItems] = {};
    for (size_t quad = 0; quad < scan.quads; ++quad) {
      const uint8_t* line = scan.codes + (block * scan.quads + quad) * kQuadBytes;
      const int8_t* query = scan.query + quad * kQuadDims;
      for (size_t i = 0; i < kLine; ++i) {
        const uint8_t a = line[i], b = line[kLine + i], c = line[2 * kLine + i];
        const int d = (a >> 6) | (b >> 6 << 2) | (c >> 6 << 4);
        sums[i / 4] +=
            (a & 63) * query[i % 4] + (b & 63) * query[4 + i % 4] + (c & 63) * query[8 + i % 4] + d * query[12 + i % 4];
      }
    }
    float scores[kBlockItems];
    uint32_t above = 0;
    for (size_t i = 0; i < kBlockItems; ++i) {
      const size_t item = block * kBlockItems + i;
      const float bias = scan.biases != nullptr ? scan.biases[item] : 0;
      scores[i] = static_cast<float>(sums[i] - offset) * (scan.scales[item] * scan.query_scale) + bias;
      above |= static_cast<uint32_t>(scores[i] >= floor - scan.slacks[block]) << i;
    }
    Append(block, above & items, scores, hits);
  }
  return block;
}

#if defined(__x86_64__)

// The four dimensions 4 part … 4 part + 3 of a quad of the query, in every lane.
inline int32_t QueryPart(const Scan& scan, size_t quad, size_t part) {
  int32_t out;
  std::memcpy(&out, scan.query + quad * kQuadDims + 4 * part, sizeof(out));
  return out;
}

__attribute__((target("avx2,fma"))) inline __m256i Products(__m256i sum, __m256i items, int32_t query) {
  const __m256i pairs = _mm256_maddubs_epi16(items, _mm256_set1_epi32(query));  // at most 2 * 63 * 127
  return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

// The sums of eight items.
__attribute__((target("avx2,fma"))) inline __m256i Sums8(const Scan& scan, const uint8_t* line) {
  const __m256i low = _mm256_set1_epi8(63), two = _mm256_set1_epi8(3), next = _mm256_set1_epi8(12),
                last = _mm256_set1_epi8(48);
  __m256i sum = _mm256_setzero_si256();
  for (size_t quad = 0; quad < scan.quads; ++quad, line += kQuadBytes) {
    const __m256i a = _mm256_load_si256(reinterpret_cast<const __m256i*>(line));
    const __m256i b = _mm256_load_si256(reinterpret_cast<const __m256i*>(line + kLine));
    const __m256i c = _mm256_load_si256(reinterpret_cast<const __m256i*>(line + 2 * kLine));
    const __m256i d = _mm256_or_si256(_mm256_and_si256(_mm256_srli_epi16(a, 6), two),
                                      _mm256_or_si256(_mm256_and_si256(_mm256_srli_epi16(b, 4), next),
                                                      _mm256_and_si256(_mm256_srli_epi16(c, 2), last)));
    sum = Products(sum, _mm256_and_si256(a, low), QueryPart(scan, quad, 0));
    sum = Products(sum, _mm256_and_si256(b, low), QueryPart(scan, quad, 1));
    sum = Products(sum, _mm256_and_si256(c, low), QueryPart(scan, quad, 2));
    sum = Products(sum, d, QueryPart(scan, quad, 3));
  }
  return sum;
}

__attribute__((target("avx2,fma"))) size_t CollectAvx2(const Scan& scan, size_t from, float floor, ScanHits& hits) {
  const __m256i offset = _mm256_set1_epi32(OffsetSum(scan));
  const __m256 query_scale = _mm256_set1_ps(scan.query_scale);
  uint32_t items = 0;
  size_t block = NextAllowed(scan, from, items);
  for (; block < scan.blocks && hits.size < ScanHits::kFull; block = NextAllowed(scan, block + 1, items)) {
    const __m256 least = _mm256_set1_ps(floor - scan.slacks[block]);
    float scores[kBlockItems];
    uint32_t above = 0;
    for (size_t half = 0; half < 2; ++half) {
      const size_t first = block * kBlockItems + 8 * half;
      const __m256i sum = Sums8(scan, scan.codes + block * scan.quads * kQuadBytes + 32 * half);
      const __m256 scale = _mm256_mul_ps(_mm256_loadu_ps(scan.scales + first), query_scale);
      __m256 score = _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_sub_epi32(sum, offset)), scale);
      if (scan.biases != nullptr) score = _mm256_add_ps(score, _mm256_loadu_ps(scan.biases + first));
      _mm256_storeu_ps(scores + 8 * half, score);
      above |= static_cast<uint32_t>(_mm256_movemask_ps(_mm256_cmp_ps(score, least, _CMP_GE_OQ))) << (8 * half);
    }
    Append(block, above & items, scores, hits);
  }
  return block;
}

#define KONTOR_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))

KONTOR_AVX512 inline __m512i Sums16(const Scan& scan, const uint8_t* line) {
  const __m512i low = _mm512_set1_epi8(63), two = _mm512_set1_epi8(3), next = _mm512_set1_epi8(12),
                last = _mm512_set1_epi8(48);
  __m512i even = _mm512_setzero_si512(), odd = _mm512_setzero_si512();
  for (size_t quad = 0; quad < scan.quads; ++quad, line += kQuadBytes) {
    const __m512i a = _mm512_load_si512(line);
    const __m512i b = _mm512_load_si512(line + kLine);
    const __m512i c = _mm512_load_si512(line + 2 * kLine);
    constexpr int kOrAnd = 0xf8;  // x | (y & z)
    __m512i d = _mm512_and_si512(_mm512_srli_epi16(a, 6), two);
    d = _mm512_ternarylogic_epi32(d, _mm512_srli_epi16(b, 4), next, kOrAnd);
    d = _mm512_ternarylogic_epi32(d, _mm512_srli_epi16(c, 2), last, kOrAnd);
    even = _mm512_dpbusd_epi32(even, _mm512_and_si512(a, low), _mm512_set1_epi32(QueryPart(scan, quad, 0)));
    odd = _mm512_dpbusd_epi32(odd, _mm512_and_si512(b, low), _mm512_set1_epi32(QueryPart(scan, quad, 1)));
    even = _mm512_dpbusd_epi32(even, _mm512_and_si512(c, low), _mm512_set1_epi32(QueryPart(scan, quad, 2)));
    odd = _mm512_dpbusd_epi32(odd, d, _mm512_set1_epi32(QueryPart(scan, quad, 3)));
  }
  return _mm512_add_epi32(even, odd);
}

KONTOR_AVX512 size_t CollectAvx512(const Scan& scan, size_t from, float floor, ScanHits& hits) {
  const __m512i offset = _mm512_set1_epi32(OffsetSum(scan));
  const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const __m512 query_scale = _mm512_set1_ps(scan.query_scale);
  uint32_t items = 0;
  size_t block = NextAllowed(scan, from, items);
  for (; block < scan.blocks && hits.size < ScanHits::kFull; block = NextAllowed(scan, block + 1, items)) {
    const size_t first = block * kBlockItems;
    const __m512i sum = Sums16(scan, scan.codes + block * scan.quads * kQuadBytes);
    const __m512 scale = _mm512_mul_ps(_mm512_loadu_ps(scan.scales + first), query_scale);
    __m512 score = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_sub_epi32(sum, offset)), scale);
    if (scan.biases != nullptr) score = _mm512_add_ps(score, _mm512_loadu_ps(scan.biases + first));
    const __m512 least = _mm512_set1_ps(floor - scan.slacks[block]);
    const auto above = static_cast<__mmask16>(_mm512_cmp_ps_mask(score, least, _CMP_GE_OQ) & items);
    if (above == 0) continue;
    const __m512i numbers = _mm512_add_epi32(_mm512_set1_epi32(static_cast<int>(first)), lanes);
    _mm512_mask_compressstoreu_epi32(hits.items + hits.size, above, numbers);
    _mm512_mask_compressstoreu_ps(hits.scores + hits.size, above, score);
    hits.size += static_cast<size_t>(__builtin_popcount(above));
  }
  return block;
}

#undef KONTOR_AVX512
#endif

}  // namespace

bool Runs(ScanKernel kernel) {
#if defined(__x86_64__)
  if (kernel == ScanKernel::kAvx512) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
  }
  if (kernel == ScanKernel::kAvx2) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
  return kernel == ScanKernel::kPortable;
}

ScanKernel BestScanKernel() {
  static const ScanKernel best = Runs(ScanKernel::kAvx512) ? ScanKernel::kAvx512
                                 : Runs(ScanKernel::kAvx2) ? ScanKernel::kAvx2
                                                           : ScanKernel::kPortable;
  return best;
}

void PackQuad(absl::Span<const int8_t> quad, uint8_t* out) {
  for (size_t item = 0; item < kBlockItems; ++item) {
    for (size_t i = 0; i < 4; ++i) {
      const auto code = [&](size_t part) { return quad[item * kQuadDims + 4 * part + i] + kOffset; };
      const int d = code(3);
      uint8_t* at = out + 4 * item + i;
      at[0] = static_cast<uint8_t>(code(0) | (d & 3) << 6);
      at[kLine] = static_cast<uint8_t>(code(1) | (d >> 2 & 3) << 6);
      at[2 * kLine] = static_cast<uint8_t>(code(2) | (d >> 4 & 3) << 6);
    }
  }
}

size_t CollectHits(ScanKernel kernel, const Scan& scan, size_t from, float floor, ScanHits& hits) {
#if defined(__x86_64__)
  if (kernel == ScanKernel::kAvx512) return CollectAvx512(scan, from, floor, hits);
  if (kernel == ScanKernel::kAvx2) return CollectAvx2(scan, from, floor, hits);
#endif
  return CollectPortable(scan, from, floor, hits);
}

}  // namespace kontor::recommendations
