#include "libs/domain/forecasting/intermittent_sum.h"

#include <algorithm>

#include "libs/domain/forecasting/smoothed_level.h"

namespace kontor::forecasting {

DemandSum SumOverSteps(Values history, double rate, int steps) {
  std::vector<double> before(history.size());
  SmoothLevel(history, .1, absl::MakeSpan(before));
  double square = 0;
  for (size_t t = 1; t < history.size(); ++t) square += (history[t] - before[t]) * (history[t] - before[t]);
  if (history.size() > 1) square /= static_cast<double>(history.size() - 1);
  const double length = steps;
  return {rate * length, std::max(rate * length, square * (length + length * length * .1 / 1.9))};
}

}  // namespace kontor::forecasting
