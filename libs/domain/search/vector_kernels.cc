#include "libs/domain/search/vector_kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace kontor::search {
namespace {

constexpr size_t kLanes = 16;
constexpr size_t kRowsAtOnce = 4;

int32_t DotPortable(const int8_t* a, const int8_t* b, size_t size) {
  int32_t sum = 0;
  for (size_t i = 0; i < size; ++i) sum += a[i] * b[i];
  return sum;
}

void DotRowsPortable(const int8_t* query, const int8_t* rows, size_t size, size_t count, int32_t* out) {
  for (size_t i = 0; i < count; ++i) out[i] = DotPortable(query, rows + i * size, size);
}

// Inlined into a function of each instruction set.
__attribute__((always_inline)) inline float DotFloats(const float* query, const int8_t* row, size_t size) {
  float lanes[kLanes] = {};
  for (size_t i = 0; i < size; i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) lanes[lane] += query[i + lane] * static_cast<float>(row[i + lane]);
  }
  for (size_t half = kLanes / 2; half > 0; half /= 2) {
    for (size_t lane = 0; lane < half; ++lane) lanes[lane] += lanes[lane + half];
  }
  return lanes[0];
}

float DotFloatsPortable(const float* query, const int8_t* row, size_t size) { return DotFloats(query, row, size); }

#if defined(__x86_64__)

#define KONTOR_AVX2 __attribute__((target("avx2")))
#define KONTOR_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))

KONTOR_AVX2 inline int32_t SumOf(__m256i sum) {
  const __m128i half = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
  const __m128i quarter = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4e));
  return _mm_cvtsi128_si32(_mm_add_epi32(quarter, _mm_shuffle_epi32(quarter, 0xb1)));
}

KONTOR_AVX2 inline __m128i SumsOf(__m256i a, __m256i b, __m256i c, __m256i d) {
  const __m256i sums = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
  return _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
}

// |a| times b with a's sign: two products fit into 16 bits, since no code is -128.
KONTOR_AVX2 inline __m256i AddProducts(__m256i sum, const int8_t* a, const int8_t* b) {
  const __m256i x = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(a));
  const __m256i y = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(b));
  const __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(x), _mm256_sign_epi8(y, x));
  return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

KONTOR_AVX2 int32_t DotAvx2(const int8_t* a, const int8_t* b, size_t size) {
  __m256i sum = _mm256_setzero_si256();
  for (size_t i = 0; i < size; i += 32) sum = AddProducts(sum, a + i, b + i);
  return SumOf(sum);
}

KONTOR_AVX2 void DotRowsAvx2(const int8_t* query, const int8_t* rows, size_t size, size_t count, int32_t* out) {
  size_t row = 0;
  for (; row + kRowsAtOnce <= count; row += kRowsAtOnce) {
    __m256i sums[kRowsAtOnce] = {};
    for (size_t i = 0; i < size; i += 32) {
      for (size_t r = 0; r < kRowsAtOnce; ++r) {
        sums[r] = AddProducts(sums[r], query + i, rows + (row + r) * size + i);
      }
    }
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + row), SumsOf(sums[0], sums[1], sums[2], sums[3]));
  }
  for (; row < count; ++row) out[row] = DotAvx2(query, rows + row * size, size);
}

KONTOR_AVX2 float DotFloatsAvx2(const float* query, const int8_t* row, size_t size) {
  return DotFloats(query, row, size);
}

KONTOR_AVX512 inline __m256i Folded(__m512i sum) {
  alignas(kCodeLine) int32_t lanes[kLanes];
  _mm512_store_si512(lanes, sum);
  return _mm256_add_epi32(_mm256_load_si256(reinterpret_cast<const __m256i*>(lanes)),
                          _mm256_load_si256(reinterpret_cast<const __m256i*>(lanes + kLanes / 2)));
}

// The instruction takes one side without sign: a + 128, of which 128 times b is too much.
KONTOR_AVX512 inline __m512i AddShifted(__m512i sum, const int8_t* a, __m512i b) {
  const __m512i shifted = _mm512_xor_si512(_mm512_loadu_si512(a), _mm512_set1_epi8(static_cast<char>(0x80)));
  return _mm512_dpbusd_epi32(sum, shifted, b);
}

KONTOR_AVX512 inline __m512i Excess(const int8_t* b, size_t size) {
  __m512i sum = _mm512_setzero_si512();
  const __m512i shift = _mm512_set1_epi8(static_cast<char>(0x80));
  for (size_t i = 0; i < size; i += kCodeLine) sum = _mm512_dpbusd_epi32(sum, shift, _mm512_loadu_si512(b + i));
  return sum;
}

KONTOR_AVX512 int32_t DotAvx512(const int8_t* a, const int8_t* b, size_t size) {
  __m512i sum = _mm512_setzero_si512();
  for (size_t i = 0; i < size; i += kCodeLine) sum = AddShifted(sum, a + i, _mm512_loadu_si512(b + i));
  return SumOf(Folded(_mm512_sub_epi32(sum, Excess(b, size))));
}

KONTOR_AVX512 void DotRowsAvx512(const int8_t* query, const int8_t* rows, size_t size, size_t count, int32_t* out) {
  const __m512i excess = Excess(query, size);
  size_t row = 0;
  for (; row + kRowsAtOnce <= count; row += kRowsAtOnce) {
    const int8_t* const first = rows + row * size;
    const __m512i zero = _mm512_setzero_si512();
    __m512i sums[kRowsAtOnce] = {zero, zero, zero, zero};
    for (size_t i = 0; i < size; i += kCodeLine) {
      const __m512i codes = _mm512_loadu_si512(query + i);
      for (size_t r = 0; r < kRowsAtOnce; ++r) sums[r] = AddShifted(sums[r], first + r * size + i, codes);
    }
    for (__m512i& sum : sums) sum = _mm512_sub_epi32(sum, excess);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + row),
                     SumsOf(Folded(sums[0]), Folded(sums[1]), Folded(sums[2]), Folded(sums[3])));
  }
  for (; row < count; ++row) out[row] = DotAvx512(rows + row * size, query, size);
}

KONTOR_AVX512 float DotFloatsAvx512(const float* query, const int8_t* row, size_t size) {
  return DotFloats(query, row, size);
}

#undef KONTOR_AVX2
#undef KONTOR_AVX512

#endif

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

const DotFunctions& FunctionsOf(DotKernel kernel) {
#if defined(__x86_64__)
  static constexpr DotFunctions kAvx2 = {DotAvx2, DotRowsAvx2, DotFloatsAvx2};
  static constexpr DotFunctions kAvx512 = {DotAvx512, DotRowsAvx512, DotFloatsAvx512};
  if (kernel == DotKernel::kAvx512) return kAvx512;
  if (kernel == DotKernel::kAvx2) return kAvx2;
#endif
  static constexpr DotFunctions kPortable = {DotPortable, DotRowsPortable, DotFloatsPortable};
  return kPortable;
}

}  // namespace kontor::search
