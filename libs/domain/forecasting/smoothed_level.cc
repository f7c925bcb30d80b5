#include "libs/domain/forecasting/smoothed_level.h"

#include <cmath>

namespace kontor::forecasting {
namespace {

double SquaredError(Values values, double alpha) {
  double level = values[0], sum = 0;
  for (const double value : values.subspan(1)) {
    const double error = value - level;
    sum += error * error;
    level += alpha * error;
  }
  return sum;
}

}  // namespace

double SmoothLevel(Values values, double alpha, absl::Span<double> before) {
  double level = values[0];
  for (size_t t = 1; t < values.size(); ++t) {
    if (!before.empty()) before[t] = level;
    level += alpha * (values[t] - level);
  }
  return level;
}

double BestAlpha(Values values, double low, double high) {
  constexpr double kGolden = .6180339887498949;
  double left = high - kGolden * (high - low), right = low + kGolden * (high - low);
  double left_error = SquaredError(values, left), right_error = SquaredError(values, right);
  while (high - low > 1e-5) {
    if (left_error < right_error) {
      high = right;
      right = left;
      right_error = left_error;
      left = high - kGolden * (high - low);
      left_error = SquaredError(values, left);
    } else {
      low = left;
      left = right;
      left_error = right_error;
      right = low + kGolden * (high - low);
      right_error = SquaredError(values, right);
    }
  }
  return (low + high) / 2;
}

}  // namespace kontor::forecasting
