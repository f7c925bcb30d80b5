#include <algorithm>
#include <cassert>
#include <cmath>
#include <vector>

#include "libs/domain/forecasting/minimize.h"

namespace kontor::forecasting {
namespace {

constexpr double kArmijo = 1e-4;
constexpr int kMaxBacktracks = 30;

class ProjectedBfgs {
 public:
  ProjectedBfgs(SmoothObjective f, absl::Span<const double> lower, absl::Span<const double> upper, absl::Span<double> x,
                const SmoothOptions& options)
      : f_(f), lower_(lower), upper_(upper), x_(x), options_(options), n_(x.size()), inverse_(n_ * n_) {
    for (std::vector<double>* part : {&gradient_, &direction_, &next_, &next_gradient_, &product_}) part->resize(n_);
    free_.resize(n_);
  }

  Minimum Run() {
    for (size_t i = 0; i < n_; ++i) x_[i] = std::clamp(x_[i], lower_[i], upper_[i]);
    value_ = Evaluate(x_, absl::MakeSpan(gradient_));
    int small_gains = 0;
    bool fresh = true;
    for (int k = 0; std::isfinite(value_) && k < options_.max_iterations; ++k) {
      if (!FindFree()) break;
      if (fresh) Reset();
      if (Direct() >= 0) {
        if (fresh) break;
        Reset();
        Direct();
      }
      const double before = value_;
      if (!Search()) {
        if (fresh) break;
        fresh = true;
        continue;
      }
      Learn(fresh);
      fresh = false;
      small_gains = before - value_ <= options_.tolerance * (1 + std::abs(value_)) ? small_gains + 1 : 0;
      if (small_gains == 2) break;
    }
    return {value_, evaluations_};
  }

 private:
  double Evaluate(absl::Span<const double> x, absl::Span<double> gradient) {
    ++evaluations_;
    return f_(x, gradient);
  }

  // Which parameters may move; false where none has a derivative worth following.
  bool FindFree() {
    double largest = 0;
    for (size_t i = 0; i < n_; ++i) {
      free_[i] = !(x_[i] <= lower_[i] && gradient_[i] > 0) && !(x_[i] >= upper_[i] && gradient_[i] < 0);
      if (free_[i]) largest = std::max(largest, std::abs(gradient_[i]));
    }
    return largest > options_.gradient_tolerance;
  }

  void Reset() {
    double norm = 0;
    for (size_t i = 0; i < n_; ++i) norm += free_[i] ? gradient_[i] * gradient_[i] : 0;
    std::fill(inverse_.begin(), inverse_.end(), 0.0);
    for (size_t i = 0; i < n_; ++i) inverse_[i * n_ + i] = options_.first_step / std::sqrt(norm);
  }

  // The slope along the new direction.
  double Direct() {
    double slope = 0;
    for (size_t i = 0; i < n_; ++i) {
      double sum = 0;
      for (size_t j = 0; free_[i] && j < n_; ++j) sum += free_[j] ? inverse_[i * n_ + j] * gradient_[j] : 0;
      direction_[i] = -sum;
      slope += direction_[i] * gradient_[i];
    }
    return slope;
  }

  bool Search() {
    double step = 1;
    for (int k = 0; k < kMaxBacktracks; ++k) {
      double slope = 0, moved = 0;
      for (size_t i = 0; i < n_; ++i) {
        next_[i] = std::clamp(x_[i] + step * direction_[i], lower_[i], upper_[i]);
        slope += gradient_[i] * (next_[i] - x_[i]);
        moved = std::max(moved, std::abs(next_[i] - x_[i]));
      }
      if (moved == 0) return false;
      next_value_ = Evaluate(next_, absl::MakeSpan(next_gradient_));
      if (std::isfinite(next_value_) && next_value_ <= value_ + kArmijo * slope) return true;
      double shrink = 0.25;
      if (std::isfinite(next_value_) && slope < 0) {
        shrink = std::clamp(-0.5 * slope / (next_value_ - value_ - slope), 0.1, 0.5);
      }
      step *= shrink;
    }
    return false;
  }

  // Takes the step, and from it what the curvature is.
  void Learn(bool fresh) {
    double sy = 0, yy = 0;
    for (size_t i = 0; i < n_; ++i) {
      direction_[i] = next_[i] - x_[i];
      gradient_[i] = next_gradient_[i] - gradient_[i];
      sy += direction_[i] * gradient_[i];
      yy += gradient_[i] * gradient_[i];
    }
    if (sy > 1e-14 * yy && yy > 0) {
      if (fresh) {
        std::fill(inverse_.begin(), inverse_.end(), 0.0);
        for (size_t i = 0; i < n_; ++i) inverse_[i * n_ + i] = sy / yy;
      }
      Update(sy);
    }
    std::copy(next_.begin(), next_.end(), x_.begin());
    gradient_.swap(next_gradient_);
    value_ = next_value_;
  }

  // H <- (I - s y'/sy) H (I - y s'/sy) + s s'/sy, with s in direction_ and y in gradient_.
  void Update(double sy) {
    double quadratic = 0;
    for (size_t i = 0; i < n_; ++i) {
      double sum = 0;
      for (size_t j = 0; j < n_; ++j) sum += inverse_[i * n_ + j] * gradient_[j];
      product_[i] = sum;
      quadratic += sum * gradient_[i];
    }
    const double factor = (1 + quadratic / sy) / sy;
    for (size_t i = 0; i < n_; ++i) {
      const double s = direction_[i], p = product_[i];
      double* row = &inverse_[i * n_];
      for (size_t j = 0; j < n_; ++j) {
        row[j] += factor * s * direction_[j] - (p * direction_[j] + s * product_[j]) / sy;
      }
    }
  }

  SmoothObjective f_;
  absl::Span<const double> lower_, upper_;
  absl::Span<double> x_;
  const SmoothOptions& options_;
  size_t n_;
  std::vector<double> inverse_;  // n x n
  std::vector<double> gradient_, direction_, next_, next_gradient_, product_;
  std::vector<char> free_;
  double value_ = 0, next_value_ = 0;
  int evaluations_ = 0;
};

}  // namespace

Minimum MinimizeSmooth(SmoothObjective f, absl::Span<const double> lower, absl::Span<const double> upper,
                       absl::Span<double> x, const SmoothOptions& options) {
  assert(lower.size() == x.size() && upper.size() == x.size());
  return ProjectedBfgs(f, lower, upper, x, options).Run();
}

}  // namespace kontor::forecasting
