#include "libs/domain/forecasting/minimize.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <limits>

namespace kontor::forecasting {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double OrWorst(double value) { return std::isfinite(value) ? value : kInfinity; }

// Brent's method between `left` and `right` around a best place `x` known to be no worse than both.
class BrentSearch {
 public:
  BrentSearch(absl::FunctionRef<double(double)> f, double left, double right, double x, double value)
      : f_(f), left_(left), right_(right), x_(x), w_(x), v_(x), fx_(value), fw_(value), fv_(value) {}

  bool Done(double tolerance) const {
    return std::abs(x_ - 0.5 * (left_ + right_)) <= 2 * tolerance - 0.5 * (right_ - left_);
  }

  void Step(double tolerance) {
    const double step = NextStep(tolerance);
    const double u = x_ + (std::abs(step) >= tolerance ? step : std::copysign(tolerance, step));
    const double fu = OrWorst(f_(u));
    if (fu <= fx_) {
      (u >= x_ ? left_ : right_) = x_;
      v_ = w_, fv_ = fw_, w_ = x_, fw_ = fx_, x_ = u, fx_ = fu;
      return;
    }
    (u < x_ ? left_ : right_) = u;
    if (fu <= fw_ || w_ == x_) {
      v_ = w_, fv_ = fw_, w_ = u, fw_ = fu;
    } else if (fu <= fv_ || v_ == x_ || v_ == w_) {
      v_ = u, fv_ = fu;
    }
  }

  double x() const { return x_; }
  double value() const { return fx_; }

 private:
  double NextStep(double tolerance) {
    constexpr double kGolden = 0.3819660112501051;
    const double before_last = before_;
    if (std::abs(before_) > tolerance && std::isfinite(fw_) && std::isfinite(fv_)) {
      double r = (x_ - w_) * (fx_ - fv_), q = (x_ - v_) * (fx_ - fw_);
      double p = (x_ - v_) * q - (x_ - w_) * r;
      q = 2 * (q - r);
      if (q > 0) p = -p;
      q = std::abs(q);
      before_ = last_;
      if (std::abs(p) < std::abs(0.5 * q * before_last) && p > q * (left_ - x_) && p < q * (right_ - x_)) {
        last_ = p / q;
        const double u = x_ + last_;
        if (u - left_ < 2 * tolerance || right_ - u < 2 * tolerance) {
          last_ = std::copysign(tolerance, 0.5 * (left_ + right_) - x_);
        }
        return last_;
      }
    }
    before_ = (x_ >= 0.5 * (left_ + right_) ? left_ : right_) - x_;
    last_ = kGolden * before_;
    return last_;
  }

  absl::FunctionRef<double(double)> f_;
  double left_, right_, x_, w_, v_, fx_, fw_, fv_;
  double before_ = 0, last_ = 0;
};

// The corners of a simplex in a box.
class Simplex {
 public:
  using Point = std::array<double, kMaxSimplexParameters>;

  Simplex(Objective f, absl::Span<const double> lower, absl::Span<const double> upper)
      : f_(f), lower_(lower), upper_(upper), size_(static_cast<int>(lower.size())) {}

  void Start(absl::Span<const double> x, double step) {
    for (int i = 0; i <= size_; ++i) {
      std::copy(x.begin(), x.end(), points_[i].begin());
      if (i > 0) Move(points_[i][i - 1], i - 1, step);
      values_[i] = At(points_[i]);
    }
    Sort();
  }

  bool Settled(double tolerance) const {
    return std::isfinite(values_[size_]) && values_[size_] - values_[0] <= tolerance * (1 + std::abs(values_[0]));
  }

  void Step() {
    const double n = size_, expand = 1 + 2 / n, contract = 0.75 - 0.5 / n;
    Point centre{};
    for (int i = 0; i < size_; ++i) {
      for (int j = 0; j < size_; ++j) centre[j] += points_[i][j] / n;
    }
    Point reflected = Along(centre, 1);
    const double value = At(reflected);
    if (value < values_[0]) {
      Point further = Along(centre, expand);
      const double further_value = At(further);
      further_value < value ? Replace(further, further_value) : Replace(reflected, value);
    } else if (value < values_[size_ - 1]) {
      Replace(reflected, value);
    } else {
      Point nearer = Along(centre, value < values_[size_] ? contract : -contract);
      const double nearer_value = At(nearer);
      nearer_value < std::min(value, values_[size_]) ? Replace(nearer, nearer_value) : Shrink();
    }
  }

  const Point& best() const { return points_[0]; }
  double value() const { return values_[0]; }
  int evaluations() const { return evaluations_; }

 private:
  double At(Point& point) {
    for (int j = 0; j < size_; ++j) point[j] = std::clamp(point[j], lower_[j], upper_[j]);
    ++evaluations_;
    return OrWorst(f_(absl::MakeConstSpan(point.data(), static_cast<size_t>(size_))));
  }

  void Move(double& value, int j, double step) const {
    const double range = upper_[j] - lower_[j];
    const double by = step * (std::isfinite(range) ? range : std::max(std::abs(value), 1.0));
    value += value + by <= upper_[j] ? by : -by;
  }

  Point Along(const Point& centre, double factor) const {
    Point point{};
    for (int j = 0; j < size_; ++j) point[j] = centre[j] + factor * (centre[j] - points_[size_][j]);
    return point;
  }

  void Replace(const Point& point, double value) {
    int i = size_;
    for (; i > 0 && value < values_[i - 1]; --i) {
      points_[i] = points_[i - 1];
      values_[i] = values_[i - 1];
    }
    points_[i] = point;
    values_[i] = value;
  }

  void Shrink() {
    const double factor = 1 - 1 / std::max(2.0, static_cast<double>(size_));
    for (int i = 1; i <= size_; ++i) {
      for (int j = 0; j < size_; ++j) points_[i][j] = points_[0][j] + factor * (points_[i][j] - points_[0][j]);
      values_[i] = At(points_[i]);
    }
    Sort();
  }

  void Sort() {
    for (int i = 1; i <= size_; ++i) {
      for (int k = i; k > 0 && values_[k] < values_[k - 1]; --k) {
        std::swap(values_[k], values_[k - 1]);
        std::swap(points_[k], points_[k - 1]);
      }
    }
  }

  Objective f_;
  absl::Span<const double> lower_, upper_;
  int size_, evaluations_ = 0;
  std::array<Point, kMaxSimplexParameters + 1> points_;
  std::array<double, kMaxSimplexParameters + 1> values_;
};

}  // namespace

Minimum MinimizeScalar(absl::FunctionRef<double(double)> f, double lower, double upper, double& x,
                       const ScalarOptions& options) {
  assert(options.grid >= 3 && lower <= upper);
  Minimum minimum{kInfinity, options.grid};
  int best = 0;
  const auto place = [&](int i) {
    return i == options.grid - 1 ? upper : lower + (upper - lower) * i / (options.grid - 1);
  };
  for (int i = 0; i < options.grid; ++i) {
    const double value = OrWorst(f(place(i)));
    if (value < minimum.value) {
      minimum.value = value;
      best = i;
    }
  }
  BrentSearch search(f, place(std::max(best - 1, 0)), place(std::min(best + 1, options.grid - 1)), place(best),
                     minimum.value);
  while (minimum.evaluations < options.max_evaluations && !search.Done(options.tolerance)) {
    search.Step(options.tolerance);
    ++minimum.evaluations;
  }
  x = search.x();
  minimum.value = search.value();
  return minimum;
}

Minimum MinimizeSimplex(Objective f, absl::Span<const double> lower, absl::Span<const double> upper,
                        absl::Span<double> x, const SimplexOptions& options) {
  assert(!x.empty() && x.size() <= kMaxSimplexParameters && lower.size() == x.size() && upper.size() == x.size());
  Simplex simplex(f, lower, upper);
  simplex.Start(x, options.step);
  while (simplex.evaluations() < options.max_evaluations && !simplex.Settled(options.tolerance)) simplex.Step();
  std::copy_n(simplex.best().begin(), x.size(), x.begin());
  return {simplex.value(), simplex.evaluations()};
}

}  // namespace kontor::forecasting
