#include "libs/domain/nn/blas.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <dlfcn.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/random.h"

namespace kontor::nn {
namespace {

std::vector<float> UniformMatrix(int n, base::Random& random) {
  std::vector<float> values(static_cast<size_t>(n) * static_cast<size_t>(n));
  for (float& value : values) value = static_cast<float>(2 * random.Uniform() - 1);
  return values;
}

std::vector<double> ExactProduct(const std::vector<float>& a, const std::vector<float>& b, size_t n) {
  std::vector<double> product(n * n, 0);
  for (size_t i = 0; i < n; ++i) {
    for (size_t k = 0; k < n; ++k) {
      const double left = a[i * n + k];
      for (size_t j = 0; j < n; ++j) product[i * n + j] += left * b[k * n + j];
    }
  }
  return product;
}

at::Tensor AsTensor(std::vector<float>& values, int n) {
  return at::from_blob(values.data(), {n, n}, at::TensorOptions().dtype(at::kFloat));
}

}  // namespace

CpuFeatures DetectCpuFeatures() {
  return {__builtin_cpu_supports("avx2") != 0,
          __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
              __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512vl") != 0};
}

std::string BlasKernel() {
  using CoreName = char* (*)();
  const auto core_name = reinterpret_cast<CoreName>(dlsym(RTLD_DEFAULT, "openblas_get_corename"));
  const char* name = core_name == nullptr ? nullptr : core_name();
  return name == nullptr ? "" : name;
}

std::string RecommendedCoreType(absl::string_view kernel, CpuFeatures cpu) {
  if (kernel != "Prescott") return "";
  if (cpu.avx512) return "SkylakeX";
  return cpu.avx2 ? "Haswell" : "";
}

std::string RecommendedCoreType() { return RecommendedCoreType(BlasKernel(), DetectCpuFeatures()); }

absl::StatusOr<double> MatrixProductError(int n, uint64_t seed) {
  if (n < 1 || n > 2048) return absl::InvalidArgumentError(absl::StrCat("n is ", n, ", not within 1 and 2048"));
  base::Random random(seed);
  std::vector<float> a = UniformMatrix(n, random), b = UniformMatrix(n, random);
  const std::vector<double> exact = ExactProduct(a, b, static_cast<size_t>(n));
  try {
    const at::Tensor product = at::matmul(AsTensor(a, n), AsTensor(b, n)).contiguous();
    const float* values = product.data_ptr<float>();
    double error = 0, largest = 0;
    for (size_t i = 0; i < exact.size(); ++i) {
      error = std::max(error, std::abs(values[i] - exact[i]));
      if (!std::isfinite(values[i])) return absl::InternalError("the product holds numbers that are not finite");
      largest = std::max(largest, std::abs(exact[i]));
    }
    return error / largest;
  } catch (const std::exception& e) {
    return absl::InternalError(absl::StrCat("LibTorch: ", e.what()));
  }
}

void UseOneThread() { at::set_num_threads(1); }

int Threads() { return at::get_num_threads(); }

}  // namespace kontor::nn
