#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace kontor::learn {

// Rows of features that are there or not, and what came of them. Borrows.
struct BinaryRows {
  uint32_t features = 0;
  absl::Span<const uint64_t>
      offsets;  // rows + 1: row i has the features columns[offsets[i]] … columns[offsets[i + 1] - 1]
  absl::Span<const uint32_t> columns;  // each < features, each once a row
  absl::Span<const uint8_t> labels;    // 0 or 1, one a row
};

// Logistic regression with an L2 penalty on all weights but the intercept,
//   minimise  |w|^2 / 2 + c * sum over rows of log(1 + exp(-y (w x + b))),  y = ±1
// (scikit-learn's LogisticRegression(C = c)), by Newton's method. Immutable, thread-safe.
class LogisticRegression {
 public:
  // c > 0, at most 2,000 features. INVALID_ARGUMENT for rows that do not fit together; FAILED_PRECONDITION when labels
  // are all alike. Cost: about 10 steps of (rows * features of a row^2 + features^3).
  static absl::StatusOr<LogisticRegression> Train(const BinaryRows& rows, double c);

  // The probability of 1 for a row with these features; those that training did not know count nothing.
  double Probability(absl::Span<const uint32_t> columns) const;
  absl::Span<const double> weights() const { return weights_; }
  double intercept() const { return intercept_; }

 private:
  std::vector<double> weights_;
  double intercept_ = 0;
};

}  // namespace kontor::learn
