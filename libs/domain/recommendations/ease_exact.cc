#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "libs/domain/recommendations/ease_forms.h"

// LAPACK's and OpenBLAS's own names.
extern "C" {
void spotrf_(const char* uplo, const int* n, float* a, const int* lda, int* info);
void spotri_(const char* uplo, const int* n, float* a, const int* lda, int* info);
int openblas_get_num_threads();
void openblas_set_num_threads(int threads);
}

namespace kontor::recommendations {
namespace {

// The number of OpenBLAS's threads, for one computation. The setting is the process's.
class BlasThreads {
 public:
  explicit BlasThreads(int threads) : before_(openblas_get_num_threads()) { openblas_set_num_threads(threads); }
  ~BlasThreads() { openblas_set_num_threads(before_); }
  BlasThreads(const BlasThreads&) = delete;
  BlasThreads& operator=(const BlasThreads&) = delete;

 private:
  const int before_;
};

// A square matrix by rows.
struct Square {
  explicit Square(size_t n) : size(n), values(n * n, 0) {}
  float* row(size_t i) { return values.data() + i * size; }
  size_t size;
  std::vector<float> values;
};

// Of a matrix whose part left of the diagonal is given; false when it is not positive definite.
bool Invert(Square& matrix, int threads) {
  const BlasThreads blas(threads);
  const int n = static_cast<int>(matrix.size);
  int info = 0;
  spotrf_("U", &n, matrix.values.data(), &n, &info);  // its columns are our rows
  if (info == 0) spotri_("U", &n, matrix.values.data(), &n, &info);
  return info == 0;
}

// What is right of the diagonal from what is left of it, in tiles that fit a cache.
void Mirror(Square& matrix) {
  constexpr size_t kTile = 64;
  for (size_t top = 0; top < matrix.size; top += kTile) {
    for (size_t left = 0; left <= top; left += kTile) {
      for (size_t i = top; i < std::min(matrix.size, top + kTile); ++i) {
        const size_t end = std::min(i, left + kTile);
        for (size_t j = left; j < end; ++j) matrix.row(j)[i] = matrix.row(i)[j];
      }
    }
  }
}

}  // namespace

ItemTable TrainEaseExact(const Gram& gram, const EaseOptions& options) {
  if (gram.items() == 0) return {};
  Square matrix(gram.items());
  for (ItemId item = 0; item < gram.items(); ++item) {
    gram.AddRow(item, item + 1, matrix.row(item));
    matrix.row(item)[item] += static_cast<float>(options.ridge);
  }
  if (!Invert(matrix, options.threads)) return TrainEaseSparse(gram, options);  // a ridge far below the rounding
  Mirror(matrix);
  std::vector<float> scales(gram.items());
  for (ItemId item = 0; item < gram.items(); ++item) scales[item] = -1 / matrix.row(item)[item];
  const auto train = [&](ItemId item, ScoreVector&) {
    std::vector<ItemTable::Entry> row;
    const float* values = matrix.row(item);
    for (ItemId other = 0; other < gram.items(); ++other) {
      if (other != item && values[other] < 0) row.push_back({other, values[other] * scales[other]});
    }
    KeepHeaviest(static_cast<size_t>(options.max_row), row);
    return row;
  };
  return TrainRows(gram.items(), options.threads, train);
}

}  // namespace kontor::recommendations
