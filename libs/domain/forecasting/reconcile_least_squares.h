#pragma once

#include <Eigen/Dense>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/domain/forecasting/hierarchy.h"

// The least squares behind reconcile.h: b = argmin (y - S b)' W^-1 (y - S b).
namespace kontor::forecasting {

// Errors of all nodes at the times that all have them: one row a node, one column a time, the latest last.
Eigen::MatrixXd CommonErrors(const NodeRows& residuals);

// Mean squares of each row's finite errors. Where that is 0 or there are none, a thousandth of the least that is above
// 0: such a node is sure, yet not beyond all measure; 1 where all are 0.
Eigen::VectorXd ErrorVariances(const NodeRows& residuals);

// W^-1 without W: a diagonal, or the inverse of lambda D + (1 - lambda) E E' / T by Woodbury's identity.
class ErrorPrecision {
 public:
  static ErrorPrecision Diagonal(const Eigen::VectorXd& variances);
  // The shrinkage of Schäfer and Strimmer 2005 on correlations around 0, in O(nodes × T^2): sums over all pairs of
  // nodes are norms of T × T products. Needs 3 columns.
  static ErrorPrecision Shrunk(const Eigen::MatrixXd& errors, const Eigen::VectorXd& variances);

  Eigen::VectorXd Apply(const Eigen::VectorXd& values) const;
  const Eigen::VectorXd& diagonal() const { return inverse_; }  // of the diagonal part's inverse
  const Eigen::VectorXd& variances() const { return variances_; }
  double shrinkage() const { return shrinkage_; }
  bool full() const { return capacitance_.has_value(); }

 private:
  Eigen::VectorXd variances_, inverse_;
  Eigen::MatrixXd scaled_errors_;                           // A^-1 U
  std::optional<Eigen::LLT<Eigen::MatrixXd>> capacitance_;  // I + U' A^-1 U
  double shrinkage_ = 0;
};

class ReconciliationSolver {
 public:
  // `hierarchy` outlives the solver.
  ReconciliationSolver(const Hierarchy& hierarchy, ErrorPrecision precision);

  // One value a bottom. INTERNAL: conjugate gradients did not converge (numbers of absurdly different sizes).
  absl::StatusOr<Eigen::VectorXd> Solve(const Eigen::VectorXd& forecasts, bool non_negative) const;
  // s' (S' W^-1 S)^-1 s over W's diagonal, of each node. Only with at most kDenseBottoms bottoms.
  std::vector<double> VarianceRatios() const;
  bool dense() const { return equations_.size() > 0; }

 private:
  using Mask = std::vector<bool>;
  Eigen::VectorXd Sum(const Eigen::VectorXd& bottoms) const;     // S b
  Eigen::VectorXd Collect(const Eigen::VectorXd& nodes) const;   // S' y
  Eigen::VectorXd Normal(const Eigen::VectorXd& bottoms) const;  // S' W^-1 S b
  absl::StatusOr<Eigen::VectorXd> SolveFree(const Eigen::VectorXd& right, const Mask& fixed) const;
  absl::StatusOr<Eigen::VectorXd> ConjugateGradients(const Eigen::VectorXd& right, const Mask& fixed) const;
  absl::StatusOr<Eigen::VectorXd> SolveNonNegative(const Eigen::VectorXd& right, Eigen::VectorXd start) const;

  const Hierarchy& hierarchy_;
  ErrorPrecision precision_;
  Eigen::VectorXd preconditioner_;  // inverse of the diagonal of S' A^-1 S
  Eigen::MatrixXd equations_;       // S' W^-1 S where it is small
  Eigen::LLT<Eigen::MatrixXd> factor_;
};

}  // namespace kontor::forecasting
