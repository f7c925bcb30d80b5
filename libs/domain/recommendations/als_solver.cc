#include "libs/domain/recommendations/als_solver.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <atomic>
#include <thread>

namespace kontor::recommendations {
namespace {

using Lane = Eigen::Array<float, kLane, 1>;
using LaneMap = Eigen::Map<Lane, Eigen::Unaligned>;
using ConstLaneMap = Eigen::Map<const Lane, Eigen::Unaligned>;

constexpr Eigen::Index kBlock = 2048;  // vectors that a thread takes at a time

// Calls work(begin, end) for blocks of 0 … count - 1.
template <typename F>
void ForBlocks(Eigen::Index count, int threads, F work) {
  std::atomic<Eigen::Index> next = 0;
  const auto take = [&] {
    for (Eigen::Index begin; (begin = next.fetch_add(kBlock)) < count;) work(begin, std::min(count, begin + kBlock));
  };
  std::vector<std::thread> helpers;
  for (int i = 1; i < threads; ++i) helpers.emplace_back(take);
  take();
  for (std::thread& helper : helpers) helper.join();
}

// Inner products of `a` with four vectors. `size` is a multiple of kLane.
inline void Products4(const float* a, const float* const b[4], Eigen::Index size, float out[4]) {
  Lane sums[4] = {Lane::Zero(), Lane::Zero(), Lane::Zero(), Lane::Zero()};
  for (Eigen::Index i = 0; i < size; i += kLane) {
    const Lane x = ConstLaneMap(a + i);
    for (int k = 0; k < 4; ++k) sums[k] += x * ConstLaneMap(b[k] + i);
  }
  for (int k = 0; k < 4; ++k) out[k] = sums[k].sum();
}

// out += sum of factors[k] * b[k].
inline void Add4(const float factors[4], const float* const b[4], Eigen::Index size, float* out) {
  for (Eigen::Index i = 0; i < size; i += kLane) {
    Lane sum = ConstLaneMap(out + i);
    for (int k = 0; k < 4; ++k) sum += factors[k] * ConstLaneMap(b[k] + i);
    LaneMap(out + i) = sum;
  }
}

inline void Prefetch(const float* vector, Eigen::Index size) {
  constexpr Eigen::Index kLine = 16;
  for (Eigen::Index i = 0; i < size; i += kLine) __builtin_prefetch(vector + i);
}

// Calls use(products, vectors, first, how many) for the vectors of `columns`, four at a time (the last repeated), with
// their inner products with `a`; what `use` turns the products into is the factor by which they are added to `out`.
template <typename F>
inline void Sweep(const Factors& vectors, absl::Span<const uint32_t> columns, const float* a, float* out, F use) {
  constexpr size_t kAhead = 8;
  const Eigen::Index size = vectors.rows();
  for (size_t first = 0; first < columns.size(); first += 4) {
    const float* four[4];
    for (size_t k = 0; k < 4; ++k) {
      four[k] = vectors.data() + size * columns[std::min(first + k, columns.size() - 1)];
      if (first + k + kAhead < columns.size()) Prefetch(vectors.data() + size * columns[first + k + kAhead], size);
    }
    float products[4];
    Products4(a, four, size, products);
    for (size_t k = 0; k < 4; ++k) products[k] = first + k < columns.size() ? use(first + k, products[k]) : 0;
    Add4(products, four, size, out);
  }
}

Eigen::Map<Eigen::VectorXf> AsVector(std::vector<float>& numbers) {
  return {numbers.data(), static_cast<Eigen::Index>(numbers.size())};
}

}  // namespace

SparseRows SparseRows::Transposed(uint32_t columns_count) const {
  SparseRows out;
  out.offsets.assign(columns_count + size_t{1}, 0);
  for (const uint32_t column : columns) ++out.offsets[column + 1];
  for (uint32_t column = 0; column < columns_count; ++column) out.offsets[column + 1] += out.offsets[column];
  out.columns.resize(columns.size());
  out.weights.resize(columns.size());
  std::vector<uint64_t> next(out.offsets.begin(), out.offsets.end() - 1);
  for (uint32_t row = 0; row < rows(); ++row) {
    for (uint64_t i = offsets[row]; i < offsets[row + 1]; ++i) {
      const uint64_t at = next[columns[i]]++;
      out.columns[at] = row;
      out.weights[at] = weights[i];
    }
  }
  return out;
}

Whitened Whiten(const Factors& factors, float ridge, int threads) {
  const Eigen::Index size = factors.rows(), blocks = (factors.cols() + kBlock - 1) / kBlock;
  std::vector<Eigen::MatrixXf> grams(static_cast<size_t>(blocks));
  ForBlocks(factors.cols(), threads, [&](Eigen::Index begin, Eigen::Index end) {
    Eigen::MatrixXf& gram = grams[static_cast<size_t>(begin / kBlock)];
    gram = Eigen::MatrixXf::Zero(size, size);
    gram.selfadjointView<Eigen::Lower>().rankUpdate(factors.middleCols(begin, end - begin));
  });
  Eigen::MatrixXd sum = Eigen::MatrixXd::Identity(size, size) * ridge;
  for (const Eigen::MatrixXf& gram : grams) sum += gram.cast<double>();
  Whitened out;
  out.lower = Eigen::MatrixXd(sum.llt().matrixL()).cast<float>();
  out.vectors = factors;
  ForBlocks(factors.cols(), threads, [&](Eigen::Index begin, Eigen::Index end) {
    auto block = out.vectors.middleCols(begin, end - begin);
    out.lower.triangularView<Eigen::Lower>().solveInPlace(block);
  });
  return out;
}

void RowSolver::Solve(const Factors& vectors, absl::Span<const uint32_t> columns, absl::Span<const float> weights,
                      absl::Span<float> z) {
  if (columns.empty()) {
    std::fill(z.begin(), z.end(), 0.0F);
  } else if (options_.steps > 0 && columns.size() > options_.direct) {
    Descend(vectors, columns, weights, z.data());
  } else if (columns.size() <= static_cast<size_t>(vectors.rows())) {
    Direct(vectors, columns, weights, z.data());
  } else {
    Dense(vectors, columns, weights, z.data());
  }
}

// z = sum w_j v_j with (K + diag(1 / a)) w = 1 + 1 / a for the inner products K of the row's vectors.
void RowSolver::Direct(const Factors& vectors, absl::Span<const uint32_t> columns, absl::Span<const float> weights,
                       float* z) {
  const Eigen::Index size = vectors.rows();
  const auto n = static_cast<Eigen::Index>(columns.size());
  system_.resize(n, n);
  right_.resize(n);
  const auto vector = [&](Eigen::Index i) { return vectors.data() + size * columns[static_cast<size_t>(i)]; };
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index j = 0; j <= i; j += 4) {
      const float* const four[4] = {vector(j), vector(std::min(j + 1, i)), vector(std::min(j + 2, i)),
                                    vector(std::min(j + 3, i))};
      float products[4];
      Products4(vector(i), four, size, products);
      for (Eigen::Index k = 0; k < std::min<Eigen::Index>(4, i + 1 - j); ++k) system_(i, j + k) = products[k];
    }
    const float inverse = 1 / weights[static_cast<size_t>(i)];
    system_(i, i) += inverse;
    right_[i] = 1 + inverse;
  }
  Eigen::LLT<Eigen::Ref<Eigen::MatrixXf>> solver(system_);
  solver.solveInPlace(right_);
  std::fill_n(z, size, 0.0F);
  for (Eigen::Index i = 0; i < n; i += 4) {
    const float* four[4];
    float factors[4];
    for (Eigen::Index k = 0; k < 4; ++k) {
      four[k] = vector(std::min(i + k, n - 1));
      factors[k] = i + k < n ? right_[i + k] : 0;
    }
    Add4(factors, four, size, z);
  }
}

void RowSolver::Dense(const Factors& vectors, absl::Span<const uint32_t> columns, absl::Span<const float> weights,
                      float* z) {
  const Eigen::Index size = vectors.rows();
  system_ = Eigen::MatrixXf::Identity(size, size);
  right_ = Eigen::VectorXf::Zero(size);
  for (size_t i = 0; i < columns.size(); ++i) {
    const auto vector = vectors.col(columns[i]);
    system_.selfadjointView<Eigen::Lower>().rankUpdate(vector, weights[i]);
    right_ += (1 + weights[i]) * vector;
  }
  Eigen::LLT<Eigen::Ref<Eigen::MatrixXf>> solver(system_);
  solver.solveInPlace(right_);
  Eigen::Map<Eigen::VectorXf>(z, size) = right_;
}

void RowSolver::Descend(const Factors& vectors, absl::Span<const uint32_t> columns, absl::Span<const float> weights,
                        float* z) {
  constexpr float kSolved = 1e-20F;
  const Eigen::Index size = vectors.rows();
  for (std::vector<float>* memory : {&residual_, &direction_, &product_}) memory->resize(static_cast<size_t>(size));
  auto residual = AsVector(residual_), direction = AsVector(direction_), product = AsVector(product_);
  Eigen::Map<Eigen::VectorXf> solution(z, size);

  residual = -solution;
  Sweep(vectors, columns, z, residual_.data(),
        [&](size_t i, float score) { return 1 + weights[i] - weights[i] * score; });
  direction = residual;
  float square = residual.squaredNorm();
  for (int step = 0; step < options_.steps && square > kSolved; ++step) {
    product = direction;
    Sweep(vectors, columns, direction_.data(), product_.data(),
          [&](size_t i, float score) { return weights[i] * score; });
    const float length = square / direction.dot(product);
    solution += length * direction;
    residual -= length * product;
    const float next = residual.squaredNorm();
    direction = residual + (next / square) * direction;
    square = next;
  }
}

void SolveRows(const SparseRows& rows, const Factors& others, const AlsSolverOptions& options, Factors& factors) {
  const Whitened whitened = Whiten(others, options.ridge, options.threads);
  const auto lower = whitened.lower.triangularView<Eigen::Lower>();
  ForBlocks(factors.cols(), options.threads, [&](Eigen::Index begin, Eigen::Index end) {
    RowSolver solver(options);
    Eigen::MatrixXf z = lower.transpose() * factors.middleCols(begin, end - begin);
    for (Eigen::Index row = begin; row < end; ++row) {
      const uint64_t first = rows.offsets[static_cast<size_t>(row)];
      const uint64_t size = rows.offsets[static_cast<size_t>(row) + 1] - first;
      if (row + 1 < end) {
        const uint64_t last = std::min(rows.offsets[static_cast<size_t>(row) + 2], first + size + options.direct);
        for (uint64_t i = first + size; i < last; ++i) {
          Prefetch(whitened.vectors.data() + whitened.vectors.rows() * rows.columns[i], whitened.vectors.rows());
        }
      }
      solver.Solve(whitened.vectors, absl::MakeConstSpan(rows.columns).subspan(first, size),
                   absl::MakeConstSpan(rows.weights).subspan(first, size),
                   absl::MakeSpan(z.col(row - begin).data(), static_cast<size_t>(z.rows())));
    }
    lower.transpose().solveInPlace(z);
    factors.middleCols(begin, end - begin) = z;
  });
}

}  // namespace kontor::recommendations
