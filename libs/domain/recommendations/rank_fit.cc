#include "libs/domain/recommendations/rank_fit.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numeric>

namespace kontor::recommendations {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

// The loss and its derivatives at one point. Dimensions: not bought, then bought; scaled by 1 / deviation.
class Objective {
 public:
  Objective(absl::Span<const RankList* const> lists, size_t signals, double ridge)
      : signals_(static_cast<Eigen::Index>(signals)), ridge_(ridge) {
    for (const RankList* list : lists) {
      if (std::accumulate(list->relevant.begin(), list->relevant.end(), 0) > 0) lists_.push_back(list);
    }
    Deviations();
  }

  Eigen::Index size() const { return 2 * signals_; }
  const VectorXd& deviations() const { return deviations_; }

  double Loss(const VectorXd& w) const {
    double loss = 0;
    for (const RankList* list : lists_) loss += ListLoss(*list, Probabilities(*list, w));
    return lists_.empty() ? 0 : loss / static_cast<double>(lists_.size()) + ridge_ * w.squaredNorm();
  }

  void Derivatives(const VectorXd& w, VectorXd& gradient, MatrixXd& hessian) const {
    gradient = VectorXd::Zero(size());
    hessian = MatrixXd::Zero(size(), size());
    for (const RankList* list : lists_) AddDerivatives(*list, Probabilities(*list, w).p, gradient, hessian);
    const double n = std::max<double>(1, static_cast<double>(lists_.size()));
    gradient = gradient / n + 2 * ridge_ * w;
    hessian = hessian / n + 2 * ridge_ * MatrixXd::Identity(size(), size());
  }

 private:
  struct Softmax {
    VectorXd scores, p;
    double log_sum = 0;
  };

  Eigen::Index Offset(const RankList& list, size_t row) const { return list.bought[row] ? signals_ : 0; }
  const float* Row(const RankList& list, size_t row) const { return list.features.data() + row * signals_; }

  void Deviations() {
    VectorXd sum = VectorXd::Zero(size()), squares = VectorXd::Zero(size());
    double rows = 0;
    for (const RankList* list : lists_) {
      for (size_t row = 0; row < list->bought.size(); ++row, ++rows) {
        const Eigen::Index offset = Offset(*list, row);
        for (Eigen::Index i = 0; i < signals_; ++i) {
          sum[offset + i] += Row(*list, row)[i];
          squares[offset + i] += static_cast<double>(Row(*list, row)[i]) * Row(*list, row)[i];
        }
      }
    }
    deviations_ = VectorXd::Ones(size());
    for (Eigen::Index i = 0; i < size() && rows > 0; ++i) {
      const double variance = squares[i] / rows - (sum[i] / rows) * (sum[i] / rows);
      deviations_[i] = variance > 1e-12 ? std::sqrt(variance) : 1;
    }
  }

  VectorXd Scaled(const RankList& list, size_t row) const {
    const Eigen::Index offset = Offset(list, row);
    return Eigen::Map<const Eigen::VectorXf>(Row(list, row), signals_)
        .cast<double>()
        .cwiseQuotient(deviations_.segment(offset, signals_));
  }

  Softmax Probabilities(const RankList& list, const VectorXd& w) const {
    Softmax out;
    out.scores.resize(static_cast<Eigen::Index>(list.bought.size()));
    const VectorXd raw = w.cwiseQuotient(deviations_);
    for (size_t row = 0; row < list.bought.size(); ++row) {
      out.scores[static_cast<Eigen::Index>(row)] = Eigen::Map<const Eigen::VectorXf>(Row(list, row), signals_)
                                                       .cast<double>()
                                                       .dot(raw.segment(Offset(list, row), signals_));
    }
    const double max = out.scores.maxCoeff();
    out.p = (out.scores.array() - max).exp();
    out.log_sum = max + std::log(out.p.sum());
    out.p /= out.p.sum();
    return out;
  }

  static double ListLoss(const RankList& list, const Softmax& softmax) {
    double sum = 0, relevant = 0;
    for (size_t row = 0; row < list.relevant.size(); ++row) {
      if (!list.relevant[row]) continue;
      sum += softmax.log_sum - softmax.scores[static_cast<Eigen::Index>(row)];
      ++relevant;
    }
    return sum / relevant;
  }

  void AddDerivatives(const RankList& list, const VectorXd& p, VectorXd& gradient, MatrixXd& hessian) const {
    const double relevant = std::accumulate(list.relevant.begin(), list.relevant.end(), 0);
    VectorXd mean = VectorXd::Zero(size());
    for (const bool bought : {false, true}) {
      std::vector<Eigen::Index> rows;
      for (size_t row = 0; row < list.bought.size(); ++row) {
        if ((list.bought[row] != 0) == bought) rows.push_back(static_cast<Eigen::Index>(row));
      }
      if (rows.empty()) continue;
      const auto count = static_cast<Eigen::Index>(rows.size());
      MatrixXd x(signals_, count);  // a column a row of the list
      VectorXd weights(count), wanted(count);
      for (Eigen::Index i = 0; i < count; ++i) {
        const auto row = static_cast<size_t>(rows[static_cast<size_t>(i)]);
        x.col(i) = Scaled(list, row);
        weights[i] = p[static_cast<Eigen::Index>(row)];
        wanted[i] = list.relevant[row] / relevant;
      }
      const Eigen::Index offset = bought ? signals_ : 0;
      mean.segment(offset, signals_) = x * weights;
      gradient.segment(offset, signals_) += x * (weights - wanted);
      const MatrixXd half = x * weights.cwiseSqrt().asDiagonal();
      hessian.block(offset, offset, signals_, signals_).noalias() += half * half.transpose();
    }
    hessian.noalias() -= mean * mean.transpose();
  }

  Eigen::Index signals_;
  double ridge_;
  std::vector<const RankList*> lists_;
  VectorXd deviations_;
};

// Newton's direction over the weights that are free: not those that are fixed, nor those at 0 that the gradient would
// push below.
VectorXd Direction(const VectorXd& w, const std::vector<bool>& fixed, const VectorXd& gradient,
                   const MatrixXd& hessian) {
  std::vector<Eigen::Index> free;
  for (Eigen::Index i = 0; i < w.size(); ++i) {
    if (!fixed[static_cast<size_t>(i)] && (w[i] > 0 || gradient[i] < 0)) free.push_back(i);
  }
  const auto n = static_cast<Eigen::Index>(free.size());
  MatrixXd h(n, n);
  VectorXd g(n);
  for (Eigen::Index a = 0; a < n; ++a) {
    g[a] = gradient[free[a]];
    for (Eigen::Index b = 0; b < n; ++b) h(a, b) = hessian(free[a], free[b]);
  }
  const VectorXd step = h.ldlt().solve(g);
  VectorXd out = VectorXd::Zero(w.size());
  for (Eigen::Index a = 0; a < n; ++a) out[free[a]] = -step[a];
  return out;
}

}  // namespace

std::vector<float> FitWeights(absl::Span<const RankList* const> lists, const std::vector<bool>& known,
                              const FitOptions& options) {
  const Objective objective(lists, known.size(), options.ridge);
  VectorXd w = VectorXd::Constant(objective.size(), 0.01);
  std::vector<bool> fixed;
  for (Eigen::Index i = 0; i < w.size(); ++i) {
    fixed.push_back(!known[static_cast<size_t>(i) % known.size()]);
    if (fixed.back()) w[i] = 0;
  }
  VectorXd gradient;
  MatrixXd hessian;
  double loss = objective.Loss(w);
  for (int iteration = 0; iteration < options.max_iterations; ++iteration) {
    objective.Derivatives(w, gradient, hessian);
    const VectorXd direction = Direction(w, fixed, gradient, hessian);
    double step = 1, next_loss = loss;
    VectorXd next = w;
    for (; step > 1e-6; step /= 2) {
      next = (w + step * direction).cwiseMax(0);
      next_loss = objective.Loss(next);
      if (next_loss < loss) break;
    }
    if (!(next_loss < loss - 1e-10)) break;
    w = next;
    loss = next_loss;
  }
  std::vector<float> weights(static_cast<size_t>(objective.size()));
  for (Eigen::Index i = 0; i < w.size(); ++i) {
    const double weight = w[i] / objective.deviations()[i];
    weights[static_cast<size_t>(i)] = std::isfinite(weight) ? static_cast<float>(weight) : 0;
  }
  return weights;
}

}  // namespace kontor::recommendations
