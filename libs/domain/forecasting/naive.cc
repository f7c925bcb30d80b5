#include "libs/domain/forecasting/naive.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <utility>

#include "libs/base/status.h"
#include "libs/domain/forecasting/seasonal_indices.h"

namespace kontor::forecasting {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// A pattern that repeats, on a slope, and how the variance of one step grows: by `growth` a turn of the pattern, with a
// square part for what is uncertain about slope or mean.
struct Pattern {
  std::string name;
  std::vector<double> values;  // of the next steps, repeated
  double slope = 0;
  double start = 1, growth = 0, square = 0;  // variance: start + growth turns + square turns^2, in one step's
};

class PatternModel final : public FittedModel {
 public:
  PatternModel(Pattern pattern, Values values, std::vector<double> fitted)
      : pattern_(std::move(pattern)), fitted_(std::move(fitted)) {
    double squares = 0, count = 0;
    for (size_t t = 0; t < values.size(); ++t) {
      if (std::isnan(fitted_[t])) continue;
      squares += (values[t] - fitted_[t]) * (values[t] - fitted_[t]);
      ++count;
    }
    variance_ = count > 0 ? squares / count : 0;
  }

  Prediction Predict(int horizon) const override {
    Prediction prediction;
    const size_t m = pattern_.values.size();
    for (size_t h = 0; h < static_cast<size_t>(horizon); ++h) {
      const double turns = static_cast<double>(h / m);
      prediction.mean.push_back(pattern_.values[h % m] + pattern_.slope * static_cast<double>(h + 1));
      prediction.variance.push_back(variance_ *
                                    (pattern_.start + pattern_.growth * turns + pattern_.square * turns * turns));
    }
    return prediction;
  }
  Values fitted() const override { return fitted_; }
  std::string Describe() const override { return pattern_.name; }

 private:
  Pattern pattern_;
  std::vector<double> fitted_;
  double variance_ = 0;
};

// The means, by place, of the last `turns` turns of `m` values; as many as there are.
std::vector<double> LastMeans(Values values, size_t m, size_t turns) {
  turns = std::min(turns, values.size() / m);
  std::vector<double> means(m);
  for (size_t i = 0; i < m; ++i) {
    for (size_t k = 1; k <= turns; ++k) means[i] += values[values.size() - k * m + i] / static_cast<double>(turns);
  }
  return means;
}

// One-step forecasts of LastMeans: of at least one turn, at most `turns`.
std::vector<double> FittedMeans(Values values, size_t m, size_t turns) {
  std::vector<double> fitted(values.size(), kNone);
  for (size_t t = m; t < values.size(); ++t) {
    const size_t count = std::min(turns, t / m);
    fitted[t] = 0;
    for (size_t k = 1; k <= count; ++k) fitted[t] += values[t - k * m] / static_cast<double>(count);
  }
  return fitted;
}

using Fit = absl::StatusOr<std::unique_ptr<FittedModel>>;

size_t SeasonOrOne(const Series& series) {
  const size_t m = static_cast<size_t>(series.season());
  return series.values.size() >= m ? m : 1;
}

Fit FitMeans(const Series& series, std::string name, size_t m, size_t turns) {
  RETURN_IF_ERROR(CheckSeries(series));
  Pattern pattern{.name = std::move(name), .values = LastMeans(series.values, m, turns)};
  const double averaged = static_cast<double>(std::min(turns, series.values.size() / m));
  pattern.growth = 1 / (averaged * averaged);
  return std::make_unique<PatternModel>(std::move(pattern), series.values, FittedMeans(series.values, m, turns));
}

Fit FitDrift(const Series& series) {
  RETURN_IF_ERROR(CheckSeries(series));
  const Values y = series.values;
  if (y.size() < 2) return absl::FailedPreconditionError("drift needs at least 2 values");
  const double steps = static_cast<double>(y.size() - 1), slope = (y.back() - y.front()) / steps;
  std::vector<double> fitted(y.size(), kNone);
  for (size_t t = 1; t < y.size(); ++t) fitted[t] = y[t - 1] + slope;
  // h (1 + h / steps) with h = 1 + turns.
  return std::make_unique<PatternModel>(Pattern{.name = "drift",
                                                .values = {y.back()},
                                                .slope = slope,
                                                .start = 1 + 1 / steps,
                                                .growth = 1 + 2 / steps,
                                                .square = 1 / steps},
                                        y, std::move(fitted));
}

Fit FitMean(const Series& series) {
  RETURN_IF_ERROR(CheckSeries(series));
  const double n = static_cast<double>(series.values.size());
  const double mean = std::accumulate(series.values.begin(), series.values.end(), 0.0) / n;
  return std::make_unique<PatternModel>(Pattern{.name = "mean", .values = {mean}, .start = 1 + 1 / n}, series.values,
                                        std::vector<double>(series.values.size(), mean));
}

}  // namespace

Method NaiveMethod() {
  return {"naive", [](const Series& series) { return FitMeans(series, "naive", 1, 1); }};
}

Method SeasonalNaiveMethod() {
  return {"seasonal_naive",
          [](const Series& series) { return FitMeans(series, "seasonal naive", SeasonOrOne(series), 1); }};
}

Method Naive2Method() {
  Method method = OnDeseasonalised(NaiveMethod(), SeasonRule::kTested);
  method.name = "naive2";
  return method;
}

Method DriftMethod() { return {"drift", FitDrift}; }
Method MeanMethod() { return {"mean", FitMean}; }

Method WindowAverageMethod(int window) {
  assert(window >= 1);
  return {"window_average", [window](const Series& series) {
            return FitMeans(series, "window average", 1, static_cast<size_t>(window));
          }};
}

Method SeasonalWindowAverageMethod(int seasons) {
  assert(seasons >= 1);
  return {"seasonal_window_average", [seasons](const Series& series) {
            return FitMeans(series, "seasonal window average", SeasonOrOne(series), static_cast<size_t>(seasons));
          }};
}

}  // namespace kontor::forecasting
