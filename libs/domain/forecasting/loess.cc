#include "libs/domain/forecasting/loess.h"

#include <algorithm>
#include <cmath>

namespace kontor::forecasting {
namespace {

double Tricube(double distance, double reach) {
  if (distance > .999 * reach) return 0;
  if (distance <= .001 * reach) return 1;
  const double ratio = distance / reach, rest = 1 - ratio * ratio * ratio;
  return rest * rest * rest;
}

// The first of the `window` points around `at` that all lie within `count`.
int FirstOf(int at, int window, int count) { return std::clamp(at - (window - 1) / 2, 0, count - window); }

// Straight lines between the points that are a jump apart, and to the last one.
void Interpolate(int jump, absl::Span<double> smooth) {
  const int count = static_cast<int>(smooth.size());
  for (int from = 0; from + 1 < count; from += jump) {
    const int to = std::min(from + jump, count - 1);
    const double step = (smooth[to] - smooth[from]) / (to - from);
    for (int i = from + 1; i < to; ++i) smooth[i] = smooth[from] + step * (i - from);
  }
}

// Inner points see a symmetric window, where a line through it has its mean in the middle: one kernel serves all of
// them.
bool EstimateInner(const std::vector<double>& kernel, const double* values, const double* weights, double& estimate) {
  double sum = 0, total = 0;
  if (weights == nullptr) {
    for (size_t j = 0; j < kernel.size(); ++j) sum += kernel[j] * values[j], total += kernel[j];
  } else {
    for (size_t j = 0; j < kernel.size(); ++j) {
      const double weight = kernel[j] * weights[j];
      sum += weight * values[j];
      total += weight;
    }
  }
  if (!(total > 0)) return false;
  estimate = sum / total;
  return true;
}

}  // namespace

bool Loess::Estimate(Values values, Values weights, double at, int first, int last, std::vector<double>& work,
                     double& estimate) const {
  const int count = static_cast<int>(values.size());
  double reach = std::max(at - first, last - at);
  if (window > count) reach += (window - count) / 2;  // whole numbers, as in the original
  double total = 0;
  for (int j = first; j <= last; ++j) {
    work[j] = Tricube(std::abs(j - at), reach);
    if (!weights.empty()) work[j] *= weights[j];
    total += work[j];
  }
  if (!(total > 0)) return false;
  double mean = 0, spread = 0;
  for (int j = first; j <= last; ++j) {
    work[j] /= total;
    mean += work[j] * j;
  }
  if (degree > 0 && reach > 0) {
    for (int j = first; j <= last; ++j) spread += work[j] * (j - mean) * (j - mean);
  }
  const bool line = std::sqrt(spread) > .001 * (count - 1);
  const double slope = line ? (at - mean) / spread : 0;
  estimate = 0;
  for (int j = first; j <= last; ++j) estimate += work[j] * (1 + slope * (j - mean)) * values[j];
  return true;
}

void Loess::Smooth(Values values, Values weights, std::vector<double>& work, absl::Span<double> smooth) const {
  const int count = static_cast<int>(values.size());
  if (count < 2) {
    std::copy(values.begin(), values.end(), smooth.begin());
    return;
  }
  const int step = std::min(jump, count - 1), half = (window - 1) / 2;
  std::vector<double> kernel;
  if (window < count && (degree == 0 || weights.empty())) {
    for (int j = -half; j <= half; ++j) kernel.push_back(Tricube(std::abs(j), half));
  }
  const auto point = [&](int i) {
    bool found = false;
    if (!kernel.empty() && i >= half && i + half < count) {
      found = EstimateInner(kernel, &values[i - half], weights.empty() ? nullptr : &weights[i - half], smooth[i]);
    } else if (window >= count) {
      found = Estimate(values, weights, i, 0, count - 1, work, smooth[i]);
    } else {
      const int first = FirstOf(i, window, count);
      found = Estimate(values, weights, i, first, first + window - 1, work, smooth[i]);
    }
    if (!found) smooth[i] = values[i];
  };
  for (int i = 0; i < count; i += step) point(i);
  if (step == 1) return;
  if ((count - 1) % step != 0) point(count - 1);
  Interpolate(step, smooth);
}

std::vector<double> BisquareWeights(Values residuals) {
  const size_t count = residuals.size();
  std::vector<double> sorted(count), weights(count);
  double sum = 0;
  for (size_t i = 0; i < count; ++i) sum += sorted[i] = std::abs(residuals[i]);
  std::sort(sorted.begin(), sorted.end());
  double bound = 3 * (sorted[count / 2] + sorted[count - count / 2 - 1]);
  if (bound <= 1e-9 * sorted.back()) bound = 6 * sum / static_cast<double>(count);
  for (size_t i = 0; i < count; ++i) {
    const double ratio = bound > 0 ? std::abs(residuals[i]) / bound : 0;
    weights[i] = ratio <= .001 ? 1 : ratio <= .999 ? (1 - ratio * ratio) * (1 - ratio * ratio) : 0;
  }
  return weights;
}

}  // namespace kontor::forecasting
