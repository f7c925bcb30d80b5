#include "libs/domain/forecasting/reconcile_least_squares.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "libs/base/status.h"
#include "libs/domain/forecasting/reconcile.h"

namespace kontor::forecasting {
namespace {

constexpr int kIterations = 5000;
constexpr double kTolerance = 1e-12;
constexpr int kExchanges = 1000;  // of bottoms between free and zero
constexpr int kPatience = 10;     // exchanges of all at once that may go without progress

std::vector<int> FreeOf(const std::vector<bool>& fixed) {
  std::vector<int> free;
  for (size_t b = 0; b < fixed.size(); ++b) {
    if (!fixed[b]) free.push_back(static_cast<int>(b));
  }
  return free;
}

}  // namespace

Eigen::MatrixXd CommonErrors(const NodeRows& residuals) {
  size_t times = residuals.front().size();
  for (const std::vector<double>& row : residuals) times = std::min(times, row.size());
  std::vector<size_t> common;  // counted from the end
  for (size_t back = times; back >= 1; --back) {
    const bool all = std::all_of(residuals.begin(), residuals.end(), [back](const std::vector<double>& row) {
      return std::isfinite(row[row.size() - back]);
    });
    if (all) common.push_back(back);
  }
  Eigen::MatrixXd errors(residuals.size(), common.size());
  for (size_t i = 0; i < residuals.size(); ++i) {
    for (size_t t = 0; t < common.size(); ++t) errors(i, t) = residuals[i][residuals[i].size() - common[t]];
  }
  return errors;
}

Eigen::VectorXd ErrorVariances(const NodeRows& residuals) {
  Eigen::VectorXd variances = Eigen::VectorXd::Zero(residuals.size());
  double least = 0;
  for (size_t i = 0; i < residuals.size(); ++i) {
    int count = 0;
    for (const double error : residuals[i]) {
      if (!std::isfinite(error)) continue;
      variances[i] += error * error;
      ++count;
    }
    if (count > 0) variances[i] /= count;
    if (variances[i] > 0 && (least == 0 || variances[i] < least)) least = variances[i];
  }
  const double floor = least > 0 ? least * 1e-3 : 1;
  return variances.cwiseMax(floor);
}

ErrorPrecision ErrorPrecision::Diagonal(const Eigen::VectorXd& variances) {
  ErrorPrecision precision;
  precision.variances_ = variances;
  precision.inverse_ = variances.cwiseInverse();
  return precision;
}

ErrorPrecision ErrorPrecision::Shrunk(const Eigen::MatrixXd& errors, const Eigen::VectorXd& variances) {
  const auto times = static_cast<double>(errors.cols());
  const Eigen::VectorXd squares = errors.rowwise().squaredNorm() / times;
  Eigen::MatrixXd scaled = errors;
  for (Eigen::Index i = 0; i < scaled.rows(); ++i) scaled.row(i) *= squares[i] > 0 ? 1 / std::sqrt(squares[i]) : 0;
  // Sums over pairs of different nodes are those over all pairs less the nodes themselves.
  const Eigen::MatrixXd products = scaled.transpose() * scaled;
  const Eigen::VectorXd per_time = products.diagonal();
  const double fourth = scaled.array().pow(4).sum();
  double same = 0;
  for (Eigen::Index i = 0; i < scaled.rows(); ++i) same += std::pow(scaled.row(i).squaredNorm(), 2);
  const double squared_sums = products.squaredNorm() - same;
  const double sums_of_squares = per_time.squaredNorm() - fourth;
  const double spread = (sums_of_squares - squared_sums / times) / (times * (times - 1));
  const double correlation = squared_sums / (times * times);
  const double shrinkage = correlation > 0 ? std::clamp(spread / correlation, 1e-4, 1.0) : 1.0;

  ErrorPrecision precision;
  precision.shrinkage_ = shrinkage;
  precision.variances_ = variances;
  precision.inverse_ = (shrinkage * variances).cwiseInverse();
  if (shrinkage == 1) return precision;
  // Scaled to the variances that all of each node's errors give: common times may be fewer.
  Eigen::MatrixXd weighted = scaled;
  for (Eigen::Index i = 0; i < weighted.rows(); ++i) {
    weighted.row(i) *= std::sqrt(variances[i] * (1 - shrinkage) / times);
  }
  precision.scaled_errors_ = precision.inverse_.asDiagonal() * weighted;
  const Eigen::MatrixXd inner = weighted.transpose() * precision.scaled_errors_;
  precision.capacitance_.emplace(Eigen::MatrixXd::Identity(inner.rows(), inner.cols()) + inner);
  return precision;
}

Eigen::VectorXd ErrorPrecision::Apply(const Eigen::VectorXd& values) const {
  Eigen::VectorXd result = inverse_.cwiseProduct(values);
  if (full()) result -= scaled_errors_ * capacitance_->solve(scaled_errors_.transpose() * values);
  return result;
}

ReconciliationSolver::ReconciliationSolver(const Hierarchy& hierarchy, ErrorPrecision precision)
    : hierarchy_(hierarchy), precision_(std::move(precision)) {
  preconditioner_ = Collect(precision_.diagonal()).cwiseInverse();
  const int bottoms = hierarchy_.bottom_count();
  if (bottoms > kDenseBottoms) return;
  equations_.resize(bottoms, bottoms);
  for (int b = 0; b < bottoms; ++b) equations_.col(b) = Normal(Eigen::VectorXd::Unit(bottoms, b));
  factor_.compute(equations_);
}

Eigen::VectorXd ReconciliationSolver::Sum(const Eigen::VectorXd& bottoms) const {
  Eigen::VectorXd nodes(hierarchy_.node_count());
  for (int i = 0; i < hierarchy_.node_count(); ++i) {
    double sum = 0;
    for (const int b : hierarchy_.bottoms(i)) sum += bottoms[b];
    nodes[i] = sum;
  }
  return nodes;
}

Eigen::VectorXd ReconciliationSolver::Collect(const Eigen::VectorXd& nodes) const {
  Eigen::VectorXd bottoms = Eigen::VectorXd::Zero(hierarchy_.bottom_count());
  for (int i = 0; i < hierarchy_.node_count(); ++i) {
    for (const int b : hierarchy_.bottoms(i)) bottoms[b] += nodes[i];
  }
  return bottoms;
}

Eigen::VectorXd ReconciliationSolver::Normal(const Eigen::VectorXd& bottoms) const {
  return Collect(precision_.Apply(Sum(bottoms)));
}

absl::StatusOr<Eigen::VectorXd> ReconciliationSolver::Solve(const Eigen::VectorXd& forecasts, bool non_negative) const {
  const Eigen::VectorXd right = Collect(precision_.Apply(forecasts));
  ASSIGN_OR_RETURN(Eigen::VectorXd bottoms, SolveFree(right, Mask(hierarchy_.bottom_count(), false)));
  if (!bottoms.allFinite()) return absl::InternalError("the equations of reconciliation have no finite solution");
  if (!non_negative || bottoms.minCoeff() >= 0) return bottoms;
  return SolveNonNegative(right, std::move(bottoms));
}

absl::StatusOr<Eigen::VectorXd> ReconciliationSolver::SolveFree(const Eigen::VectorXd& right, const Mask& fixed) const {
  if (!dense()) return ConjugateGradients(right, fixed);
  const std::vector<int> free = FreeOf(fixed);
  if (free.size() == fixed.size()) return Eigen::VectorXd(factor_.solve(right));
  Eigen::VectorXd bottoms = Eigen::VectorXd::Zero(right.size());
  if (free.empty()) return bottoms;
  const Eigen::LLT<Eigen::MatrixXd> factor(Eigen::MatrixXd(equations_(free, free)));
  const Eigen::VectorXd solved = factor.solve(Eigen::VectorXd(right(free)));
  bottoms(free) = solved;
  return bottoms;
}

absl::StatusOr<Eigen::VectorXd> ReconciliationSolver::ConjugateGradients(const Eigen::VectorXd& right,
                                                                         const Mask& fixed) const {
  Eigen::VectorXd keep(right.size());
  for (Eigen::Index b = 0; b < keep.size(); ++b) keep[b] = fixed[b] ? 0 : 1;
  Eigen::VectorXd solution = Eigen::VectorXd::Zero(right.size());
  Eigen::VectorXd residual = keep.cwiseProduct(right);
  const Eigen::VectorXd scale = keep.cwiseProduct(preconditioner_);
  Eigen::VectorXd direction = scale.cwiseProduct(residual);
  double size = residual.dot(direction);
  const double goal = size * kTolerance * kTolerance;
  for (int i = 0; i < kIterations; ++i) {
    if (size <= goal) return solution;
    const Eigen::VectorXd image = keep.cwiseProduct(Normal(direction));
    const double along = size / direction.dot(image);
    solution += along * direction;
    residual -= along * image;
    const Eigen::VectorXd next = scale.cwiseProduct(residual);
    const double next_size = residual.dot(next);
    direction = next + next_size / size * direction;
    size = next_size;
  }
  // What rounding leaves is no failure: the sums are exact whatever is left here.
  if (size <= goal * 1e8) return solution;
  return absl::InternalError("reconciliation did not converge: the nodes' error variances differ too much");
}

// Block principal pivoting: bottoms that are below 0 become 0, those at 0 whose gradient falls become free, all at once
// while that makes progress, else one at a time, which ends surely (Júdice and Pires 1994).
absl::StatusOr<Eigen::VectorXd> ReconciliationSolver::SolveNonNegative(const Eigen::VectorXd& right,
                                                                       Eigen::VectorXd start) const {
  Eigen::VectorXd bottoms = std::move(start);
  Mask fixed(bottoms.size(), false);
  size_t fewest = fixed.size() + 1;
  int patience = kPatience;
  for (int i = 0; i < kExchanges; ++i) {
    const Eigen::VectorXd gradient = Normal(bottoms) - right;
    const double least_bottom = -1e-10 * bottoms.cwiseAbs().maxCoeff();
    const double least_gradient = -1e-10 * right.cwiseAbs().maxCoeff();
    std::vector<int> wrong;
    for (Eigen::Index b = 0; b < bottoms.size(); ++b) {
      if (fixed[b] ? gradient[b] < least_gradient : bottoms[b] < least_bottom) wrong.push_back(static_cast<int>(b));
    }
    if (wrong.empty()) break;
    if (wrong.size() < fewest) {
      fewest = wrong.size();
      patience = kPatience;
    } else if (--patience < 0) {
      wrong = {wrong.back()};
    }
    for (const int b : wrong) fixed[b] = !fixed[b];
    ASSIGN_OR_RETURN(bottoms, SolveFree(right, fixed));
  }
  return Eigen::VectorXd(bottoms.cwiseMax(0.0));
}

std::vector<double> ReconciliationSolver::VarianceRatios() const {
  std::vector<double> ratios(hierarchy_.node_count());
  for (int i = 0; i < hierarchy_.node_count(); ++i) {
    Eigen::VectorXd row = Eigen::VectorXd::Zero(hierarchy_.bottom_count());
    for (const int b : hierarchy_.bottoms(i)) row[b] = 1;
    factor_.matrixL().solveInPlace(row);
    ratios[i] = std::min(1.0, row.squaredNorm() / precision_.variances()[i]);
  }
  return ratios;
}

}  // namespace kontor::forecasting
