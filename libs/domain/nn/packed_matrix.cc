#include "libs/domain/nn/packed_matrix.h"

#include <algorithm>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace kontor::nn {
namespace {

// Rows that a kernel multiplies at once: all registers but those of the weights.
constexpr size_t kRows512 = 12;
constexpr size_t kRows = 6;

// Eight outputs of a panel for up to six rows; GCC keeps the sums in registers.
template <size_t kCount>
void Portable(const float* x, size_t inputs, const float* panel, const float* bias, float* y, size_t stride) {
  constexpr size_t kLanes = 16;
  typedef float Lanes __attribute__((vector_size(8 * sizeof(float)), aligned(4)));
  for (size_t part = 0; part < PackedMatrix::kPanel; part += kLanes) {
    Lanes low[kCount], high[kCount];
#pragma GCC unroll 12
    for (size_t row = 0; row < kCount; ++row) {
      low[row] = *reinterpret_cast<const Lanes*>(bias + part);
      high[row] = *reinterpret_cast<const Lanes*>(bias + part + 8);
    }
    const float* weights = panel + part;
    for (size_t i = 0; i < inputs; ++i, weights += PackedMatrix::kPanel) {
      const Lanes a = *reinterpret_cast<const Lanes*>(weights), b = *reinterpret_cast<const Lanes*>(weights + 8);
#pragma GCC unroll 12
      for (size_t row = 0; row < kCount; ++row) {
        low[row] += a * x[row * inputs + i];
        high[row] += b * x[row * inputs + i];
      }
    }
#pragma GCC unroll 12
    for (size_t row = 0; row < kCount; ++row) {
      *reinterpret_cast<Lanes*>(y + row * stride + part) = low[row];
      *reinterpret_cast<Lanes*>(y + row * stride + part + 8) = high[row];
    }
  }
}

#if defined(__x86_64__)
template <size_t kCount>
__attribute__((target("avx512f"))) void Avx512(const float* x, size_t inputs, const float* panel, const float* bias,
                                               float* y, size_t stride) {
  constexpr int kAhead = 8 * PackedMatrix::kPanel;  // floats fetched before they are needed
  __m512 low[kCount], high[kCount];
#pragma GCC unroll 12
  for (size_t row = 0; row < kCount; ++row) {
    low[row] = _mm512_loadu_ps(bias);
    high[row] = _mm512_loadu_ps(bias + 16);
  }
  for (size_t i = 0; i < inputs; ++i, panel += PackedMatrix::kPanel) {
    _mm_prefetch(reinterpret_cast<const char*>(panel + kAhead), _MM_HINT_T0);
    _mm_prefetch(reinterpret_cast<const char*>(panel + kAhead + 16), _MM_HINT_T0);
    const __m512 a = _mm512_loadu_ps(panel), b = _mm512_loadu_ps(panel + 16);
#pragma GCC unroll 12
    for (size_t row = 0; row < kCount; ++row) {
      const __m512 value = _mm512_set1_ps(x[row * inputs + i]);
      low[row] = _mm512_fmadd_ps(a, value, low[row]);
      high[row] = _mm512_fmadd_ps(b, value, high[row]);
    }
  }
#pragma GCC unroll 12
  for (size_t row = 0; row < kCount; ++row) {
    _mm512_storeu_ps(y + row * stride, low[row]);
    _mm512_storeu_ps(y + row * stride + 16, high[row]);
  }
}
#endif

using Kernel = void (*)(const float*, size_t, const float*, const float*, float*, size_t);

struct Kernels {
  size_t rows;         // at most at once
  const Kernel* some;  // [n - 1]: for n rows
};

constexpr Kernel kPortable[kRows] = {Portable<1>, Portable<2>, Portable<3>, Portable<4>, Portable<5>, Portable<6>};
#if defined(__x86_64__)
constexpr Kernel kAvx512[kRows512] = {Avx512<1>, Avx512<2>, Avx512<3>, Avx512<4>,  Avx512<5>,  Avx512<6>,
                                      Avx512<7>, Avx512<8>, Avx512<9>, Avx512<10>, Avx512<11>, Avx512<12>};
#endif

Kernels KernelsOf(ProductKernel kernel) {
#if defined(__x86_64__)
  if (kernel == ProductKernel::kAvx512) return {kRows512, kAvx512};
#endif
  return {kRows, kPortable};
}

}  // namespace

bool Runs(ProductKernel kernel) {
#if defined(__x86_64__)
  if (kernel == ProductKernel::kAvx512) return __builtin_cpu_supports("avx512f") != 0;
#endif
  return kernel == ProductKernel::kPortable;
}

ProductKernel BestProductKernel() {
  return Runs(ProductKernel::kAvx512) ? ProductKernel::kAvx512 : ProductKernel::kPortable;
}

PackedMatrix::PackedMatrix(absl::Span<const float> weight, absl::Span<const float> bias, size_t inputs)
    : inputs_(inputs), panels_(weight.size()), bias_(bias.begin(), bias.end()) {
  for (size_t output = 0; output < bias.size(); ++output) {
    float* panel = panels_.data() + output / kPanel * kPanel * inputs + output % kPanel;
    for (size_t input = 0; input < inputs; ++input) panel[input * kPanel] = weight[output * inputs + input];
  }
}

void PackedMatrix::Multiply(const float* x, size_t rows, float* y, ProductKernel kernel) const {
  const Kernels kernels = KernelsOf(kernel);
  const size_t blocks = (rows + kernels.rows - 1) / kernels.rows;
  for (size_t panel = 0; panel < outputs(); panel += kPanel) {
    for (size_t block = 0; block < blocks; ++block) {
      // Blocks of nearly equal size: the last one is not left with a row or two.
      const size_t first = rows * block / blocks, count = rows * (block + 1) / blocks - first;
      kernels.some[count - 1](x + first * inputs_, inputs_, panels_.data() + panel * inputs_, bias_.data() + panel,
                              y + first * outputs() + panel, outputs());
    }
  }
}

}  // namespace kontor::nn
