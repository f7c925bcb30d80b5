#include "libs/domain/learn/logistic.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "libs/base/status.h"

namespace kontor::learn {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr uint32_t kMaxFeatures = 2'000;
constexpr int kMaxSteps = 100;

absl::Status Check(const BinaryRows& rows, double c) {
  const size_t size = rows.labels.size();
  if (rows.offsets.size() != size + 1 || rows.offsets.front() != 0 || rows.offsets.back() != rows.columns.size() ||
      !std::is_sorted(rows.offsets.begin(), rows.offsets.end())) {
    return absl::InvalidArgumentError("offsets do not fit rows and columns");
  }
  if (rows.features > kMaxFeatures || !(c > 0) || !std::isfinite(c)) {
    return absl::InvalidArgumentError("there are more than 2,000 features, or c is not above 0");
  }
  if (std::any_of(rows.columns.begin(), rows.columns.end(), [&](uint32_t f) { return f >= rows.features; })) {
    return absl::InvalidArgumentError("a feature is out of range");
  }
  const auto ones = std::count(rows.labels.begin(), rows.labels.end(), 1);
  const auto zeros = std::count(rows.labels.begin(), rows.labels.end(), 0);
  if (ones + zeros != static_cast<int64_t>(size)) return absl::InvalidArgumentError("a label is neither 0 nor 1");
  if (ones == 0 || zeros == 0) {
    return base::Error(absl::StatusCode::kFailedPrecondition, "ONE_CLASS", "Labels are all alike; log both outcomes.");
  }
  return absl::OkStatus();
}

// The loss and its derivatives; the last dimension is the intercept.
class Objective {
 public:
  Objective(const BinaryRows& rows, double c) : rows_(rows), c_(c) {}

  Eigen::Index size() const { return rows_.features + Eigen::Index{1}; }

  double Loss(const VectorXd& w) const {
    double loss = 0;
    for (size_t row = 0; row < rows_.labels.size(); ++row) {
      const double margin = (rows_.labels[row] != 0 ? 1 : -1) * Sum(row, w);
      loss += margin > 0 ? std::log1p(std::exp(-margin)) : std::log1p(std::exp(margin)) - margin;
    }
    return c_ * loss + w.head(size() - 1).squaredNorm() / 2;
  }

  void Derivatives(const VectorXd& w, VectorXd& gradient, MatrixXd& hessian) const {
    gradient = VectorXd::Zero(size());
    hessian = MatrixXd::Zero(size(), size());
    std::vector<Eigen::Index> at;
    for (size_t row = 0; row < rows_.labels.size(); ++row) {
      const double p = 1 / (1 + std::exp(-Sum(row, w)));
      at.assign(Columns(row).begin(), Columns(row).end());
      at.push_back(size() - 1);
      for (const Eigen::Index i : at) {
        gradient[i] += c_ * (p - rows_.labels[row]);
        for (const Eigen::Index j : at) hessian(i, j) += c_ * p * (1 - p);
      }
    }
    gradient.head(size() - 1) += w.head(size() - 1);
    hessian.diagonal().head(size() - 1).array() += 1;
  }

 private:
  absl::Span<const uint32_t> Columns(size_t row) const {
    return rows_.columns.subspan(rows_.offsets[row], rows_.offsets[row + 1] - rows_.offsets[row]);
  }
  double Sum(size_t row, const VectorXd& w) const {
    double sum = w[size() - 1];
    for (const uint32_t column : Columns(row)) sum += w[column];
    return sum;
  }

  const BinaryRows& rows_;
  double c_;
};

}  // namespace

absl::StatusOr<LogisticRegression> LogisticRegression::Train(const BinaryRows& rows, double c) {
  RETURN_IF_ERROR(Check(rows, c));
  const Objective objective(rows, c);
  VectorXd w = VectorXd::Zero(objective.size()), gradient;
  MatrixXd hessian;
  double loss = objective.Loss(w);
  for (int step = 0; step < kMaxSteps; ++step) {
    objective.Derivatives(w, gradient, hessian);
    const VectorXd direction = hessian.ldlt().solve(gradient);
    double length = 1, next_loss = loss;
    VectorXd next = w;
    for (; length > 1e-8; length /= 2) {
      next = w - length * direction;
      next_loss = objective.Loss(next);
      if (next_loss < loss) break;
    }
    if (!(next_loss < loss)) break;
    w = next;
    loss = next_loss;
  }
  LogisticRegression out;
  out.weights_.assign(w.data(), w.data() + rows.features);
  out.intercept_ = w[objective.size() - 1];
  return out;
}

double LogisticRegression::Probability(absl::Span<const uint32_t> columns) const {
  double sum = intercept_;
  for (const uint32_t column : columns) sum += column < weights_.size() ? weights_[column] : 0;
  return 1 / (1 + std::exp(-sum));
}

}  // namespace kontor::learn
