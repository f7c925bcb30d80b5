#pragma once

#include <cstddef>
#include <cstdint>

// Inner products of int8 codes (-127 … 127), in the widest instructions that the processor has; all kernels give the
// same bits. Sizes are whole cache lines of kCodeLine codes, at most 4,096 codes.
namespace kontor::search {

enum class DotKernel : uint8_t { kPortable = 0, kAvx2 = 1, kAvx512 = 2 };  // kAvx512: with VNNI

bool Runs(DotKernel kernel);
DotKernel BestDotKernel();

inline constexpr size_t kCodeLine = 64;

struct DotFunctions {
  int32_t (*dot)(const int8_t* a, const int8_t* b, size_t size);
  // out[i] = the product of `query` with the row at rows + i * size.
  void (*dot_rows)(const int8_t* query, const int8_t* rows, size_t size, size_t count, int32_t* out);
  // In 16 running sums, added up at the end.
  float (*dot_floats)(const float* query, const int8_t* row, size_t size);
};
const DotFunctions& FunctionsOf(DotKernel kernel);

}  // namespace kontor::search
