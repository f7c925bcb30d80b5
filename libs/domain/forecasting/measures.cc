#include "libs/domain/forecasting/measures.h"

#include <cassert>
#include <cmath>
#include <limits>

namespace kontor::forecasting {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

double Ratio(double above, double below) { return below > 0 ? above / below : kNone; }

}  // namespace

double Smape(Values actual, Values forecast) {
  assert(actual.size() == forecast.size());
  double sum = 0;
  for (size_t i = 0; i < actual.size(); ++i) {
    const double size = std::abs(actual[i]) + std::abs(forecast[i]);
    if (size > 0) sum += 200 * std::abs(actual[i] - forecast[i]) / size;
  }
  return Ratio(sum, static_cast<double>(actual.size()));
}

double Mape(Values actual, Values forecast) {
  assert(actual.size() == forecast.size());
  double sum = 0, count = 0;
  for (size_t i = 0; i < actual.size(); ++i) {
    if (actual[i] == 0) continue;
    sum += 100 * std::abs((actual[i] - forecast[i]) / actual[i]);
    ++count;
  }
  return Ratio(sum, count);
}

double NaiveScale(Values past, int lag) {
  double sum = 0;
  for (size_t t = static_cast<size_t>(lag); t < past.size(); ++t) sum += std::abs(past[t] - past[t - lag]);
  return past.size() > static_cast<size_t>(lag) ? sum / static_cast<double>(past.size() - lag) : kNone;
}

double SquaredNaiveScale(Values past, int lag) {
  double sum = 0;
  for (size_t t = static_cast<size_t>(lag); t < past.size(); ++t) {
    const double step = past[t] - past[t - lag];
    sum += step * step;
  }
  return past.size() > static_cast<size_t>(lag) ? sum / static_cast<double>(past.size() - lag) : kNone;
}

double MeanAbsoluteError(Values actual, Values forecast) {
  assert(actual.size() == forecast.size());
  double sum = 0;
  for (size_t i = 0; i < actual.size(); ++i) sum += std::abs(actual[i] - forecast[i]);
  return Ratio(sum, static_cast<double>(actual.size()));
}

double Mase(Values actual, Values forecast, double naive_scale) {
  return Ratio(MeanAbsoluteError(actual, forecast), naive_scale);
}

double Rmsse(Values actual, Values forecast, double squared_naive_scale) {
  assert(actual.size() == forecast.size());
  double sum = 0;
  for (size_t i = 0; i < actual.size(); ++i) sum += (actual[i] - forecast[i]) * (actual[i] - forecast[i]);
  return std::sqrt(Ratio(Ratio(sum, static_cast<double>(actual.size())), squared_naive_scale));
}

double Wape(Values actual, Values forecast) {
  assert(actual.size() == forecast.size());
  double error = 0, size = 0;
  for (size_t i = 0; i < actual.size(); ++i) {
    error += std::abs(actual[i] - forecast[i]);
    size += std::abs(actual[i]);
  }
  return Ratio(error, size);
}

double Bias(Values actual, Values forecast) {
  assert(actual.size() == forecast.size());
  double error = 0, size = 0;
  for (size_t i = 0; i < actual.size(); ++i) {
    error += forecast[i] - actual[i];
    size += std::abs(actual[i]);
  }
  return Ratio(error, size);
}

double PinballLoss(Values actual, Values forecast, double quantile) {
  assert(actual.size() == forecast.size());
  double sum = 0;
  for (size_t i = 0; i < actual.size(); ++i) {
    const double above = actual[i] - forecast[i];
    sum += above > 0 ? above * quantile : -above * (1 - quantile);
  }
  return Ratio(sum, static_cast<double>(actual.size()));
}

double Coverage(Values actual, Values lower, Values upper) {
  assert(actual.size() == lower.size() && actual.size() == upper.size());
  double within = 0;
  for (size_t i = 0; i < actual.size(); ++i) within += actual[i] >= lower[i] && actual[i] <= upper[i] ? 1 : 0;
  return Ratio(within, static_cast<double>(actual.size()));
}

double IntervalScore(Values actual, Values lower, Values upper, double level) {
  assert(actual.size() == lower.size() && actual.size() == upper.size());
  const double penalty = 2 / (1 - level);
  double sum = 0;
  for (size_t i = 0; i < actual.size(); ++i) {
    sum += upper[i] - lower[i];
    if (actual[i] < lower[i]) sum += penalty * (lower[i] - actual[i]);
    if (actual[i] > upper[i]) sum += penalty * (actual[i] - upper[i]);
  }
  return Ratio(sum, static_cast<double>(actual.size()));
}

}  // namespace kontor::forecasting
