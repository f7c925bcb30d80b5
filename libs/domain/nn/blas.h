#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// Which BLAS multiplies LibTorch's matrices, and whether it may be trusted. OpenBLAS 0.3.21 takes processors that it
// does not know for "Prescott" (SSE3) and is then four times slower than it could be; the remedy is OPENBLAS_CORETYPE,
// set before the process starts and checked by a product, because some processors fail with a forced type.
namespace kontor::nn {

struct CpuFeatures {
  bool avx2 = false;
  bool avx512 = false;  // all that OpenBLAS's SkylakeX kernels use: F, BW, DQ and VL
};
CpuFeatures DetectCpuFeatures();  // cpuid, and that the system saves the registers

// OpenBLAS's name of the kernels it chose, for example "SkylakeX"; "" where the BLAS is not OpenBLAS.
std::string BlasKernel();

// What OPENBLAS_CORETYPE should be: "SkylakeX" with AVX-512, "Haswell" with AVX2, and only where OpenBLAS chose
// "Prescott";
// "" where nothing is to change.
std::string RecommendedCoreType(absl::string_view kernel, CpuFeatures cpu);
std::string RecommendedCoreType();  // of this process

// Multiplies two n x n matrices of uniform numbers in [-1, 1) in float by LibTorch and in double by three loops: the
// largest absolute difference over the largest absolute value of the product. About 1e-7 is sound, above 1e-4 is not.
// The same seed gives the same matrices. 1 <= n <= 2048, else INVALID_ARGUMENT; INTERNAL when LibTorch throws. Cost:
// n^3 double additions, 0.2 s for 512.
absl::StatusOr<double> MatrixProductError(int n, uint64_t seed);

// LibTorch's own threads for this process: one, so that requests do not fight for cores.
void UseOneThread();
int Threads();

}  // namespace kontor::nn
