#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace kontor::nn {

enum class ProductKernel : uint8_t { kPortable = 0, kAvx512 = 1 };  // kPortable: AVX2 where compiled for it

bool Runs(ProductKernel kernel);
ProductKernel BestProductKernel();

// A weight matrix laid out once for products of few rows: panels of 32 outputs, a panel's inputs one after another, so
// that a product streams through the weights in order. Immutable, thread-safe.
class PackedMatrix {
 public:
  static constexpr size_t kPanel = 32;

  PackedMatrix() = default;
  // weight: outputs rows of `inputs` numbers; bias: one an output. outputs is a multiple of 32.
  PackedMatrix(absl::Span<const float> weight, absl::Span<const float> bias, size_t inputs);

  size_t inputs() const { return inputs_; }
  size_t outputs() const { return bias_.size(); }

  // y = x W' + bias: x has rows * inputs() numbers, y rows * outputs(), both row-major; they may not overlap.
  // One thread. Sums run over the inputs in order, in float, whatever the number of rows; kernels differ by rounding.
  void Multiply(const float* x, size_t rows, float* y, ProductKernel kernel) const;

 private:
  size_t inputs_ = 0;
  std::vector<float, Eigen::aligned_allocator<float>> panels_;  // panel, input, output within the panel
  std::vector<float> bias_;
};

}  // namespace kontor::nn
