#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace kontor::recommendations {

// What one side (a user, or an item) met of the other, a row each: distinct numbers, and how much more than an unmet
// one each weighs (> 0). offsets has one more entry than rows.
struct SparseRows {
  std::vector<uint64_t> offsets = {0};
  std::vector<uint32_t> columns;
  std::vector<float> weights;

  uint32_t rows() const { return static_cast<uint32_t>(offsets.size() - 1); }
  // The same pairs by column, in the order of rows.
  SparseRows Transposed(uint32_t columns_count) const;
};

// A vector a column. Vectors have a multiple of kLane numbers.
using Factors = Eigen::MatrixXf;
inline constexpr int kLane = 8;

struct AlsSolverOptions {
  float ridge = 1;
  // Rows of more than `direct` entries take `steps` steps of conjugate gradients from where they are; all others, and
  // with steps 0 all, are solved exactly.
  int steps = 2;
  size_t direct = 8;
  int threads = 1;
};

// The factors of one side as the other side's rows meet them. With M = Y Y' + ridge I = L L' over all vectors y, the
// whitened vectors v = L^-1 y turn each row's problem (Hu, Koren and Volinsky 2008, "Collaborative filtering for
// implicit feedback datasets")
//   minimise  sum over all j of c_j (p_j - x·y_j)^2 + ridge |x|^2,  p_j = 1 and c_j = 1 + a_j for what was met, else 0
//   and 1,
// into (I + sum a_j v_j v_j') z = sum (1 + a_j) v_j with z = L' x: no d × d product a row is left, a row of n entries
// is an n × n system, and conjugate gradients (Takács et al. 2011, "Applications of the conjugate gradient method for
// implicit feedback collaborative filtering") start preconditioned by M. Scores keep: x·y = z·v.
struct Whitened {
  Factors vectors;        // v
  Eigen::MatrixXf lower;  // L
};

// Sums run in blocks of fixed size, so that nothing depends on `threads`. ridge > 0.
Whitened Whiten(const Factors& factors, float ridge, int threads);

// One row's z. Exact for up to `direct` entries, else by steps of conjugate gradients from the z given.
// Thread-compatible: keeps its working memory.
class RowSolver {
 public:
  explicit RowSolver(const AlsSolverOptions& options) : options_(options) {}

  // `z` has vectors.rows() numbers: where conjugate gradients begin, and the result.
  void Solve(const Factors& vectors, absl::Span<const uint32_t> columns, absl::Span<const float> weights,
             absl::Span<float> z);

 private:
  void Direct(const Factors& vectors, absl::Span<const uint32_t> columns, absl::Span<const float> weights, float* z);
  void Dense(const Factors& vectors, absl::Span<const uint32_t> columns, absl::Span<const float> weights, float* z);
  void Descend(const Factors& vectors, absl::Span<const uint32_t> columns, absl::Span<const float> weights, float* z);

  AlsSolverOptions options_;
  Eigen::MatrixXf system_;
  Eigen::VectorXf right_;
  std::vector<float> residual_, direction_, product_;
};

// Half an iteration: the factors of the rows' side, a column a row, from the other side's. `factors` holds where the
// rows are (for conjugate gradients) and receives the result.
void SolveRows(const SparseRows& rows, const Factors& others, const AlsSolverOptions& options, Factors& factors);

}  // namespace kontor::recommendations
