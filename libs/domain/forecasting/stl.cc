#include "libs/domain/forecasting/stl.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/domain/forecasting/loess.h"

namespace kontor::forecasting {
namespace {

int NextOdd(double value) {
  const int whole = static_cast<int>(std::ceil(value));
  return whole % 2 == 0 ? whole + 1 : whole;
}

Loess WithJump(int window, int degree) { return {window, degree, (window + 9) / 10}; }

// Means of `length` neighbours; `from` may be `to`.
void MovingAverage(const std::vector<double>& from, int count, int length, std::vector<double>& to) {
  double sum = 0;
  for (int i = 0; i < length; ++i) sum += from[i];
  for (int i = 0; i + length <= count; ++i) {
    const double leaving = from[i];
    to[i] = sum / length;
    if (i + length < count) sum += from[i + length] - leaving;
  }
}

// The inner loop of one decomposition, with its buffers.
class Decomposer {
 public:
  Decomposer(Values values, int season, const StlOptions& options)
      : values_(values),
        season_(season),
        seasonal_loess_(WithJump(options.season_window, options.season_degree)),
        trend_loess_(WithJump(
            options.trend_window > 0 ? options.trend_window : NextOdd(1.5 * season / (1 - 1.5 / options.season_window)),
            1)),
        low_pass_loess_(WithJump(NextOdd(season), 1)),
        cycles_(values.size() + 2 * season),
        low_(cycles_.size()),
        rest_(values.size()),
        work_(cycles_.size()),
        trend_(values.size(), 0),
        seasonal_(values.size()) {}

  void Pass(Values weights) {
    const size_t count = values_.size();
    for (size_t i = 0; i < count; ++i) rest_[i] = values_[i] - trend_[i];
    SmoothCycles(weights);
    MovingAverage(cycles_, static_cast<int>(cycles_.size()), season_, low_);
    MovingAverage(low_, static_cast<int>(count) + season_ + 1, season_, low_);
    MovingAverage(low_, static_cast<int>(count) + 2, 3, low_);
    low_pass_loess_.Smooth(Values(low_.data(), count), {}, work_, absl::MakeSpan(rest_));
    for (size_t i = 0; i < count; ++i) seasonal_[i] = cycles_[season_ + i] - rest_[i];
    for (size_t i = 0; i < count; ++i) rest_[i] = values_[i] - seasonal_[i];
    trend_loess_.Smooth(rest_, weights, work_, absl::MakeSpan(trend_));
  }

  // Bisquare weights of the present remainder.
  std::vector<double> Weights() const {
    std::vector<double> remainder(values_.size());
    for (size_t i = 0; i < remainder.size(); ++i) remainder[i] = values_[i] - trend_[i] - seasonal_[i];
    return BisquareWeights(remainder);
  }

  Decomposition Result(std::vector<double> weights) && {
    Decomposition result;
    for (size_t i = 0; i < values_.size(); ++i) rest_[i] = values_[i] - trend_[i] - seasonal_[i];
    result.trend = std::move(trend_);
    result.seasonal.push_back(std::move(seasonal_));
    result.remainder = std::move(rest_);
    result.weights = std::move(weights);
    return result;
  }

 private:
  // Every phase of the season on its own, one cycle longer at both ends.
  void SmoothCycles(Values weights) {
    const int count = static_cast<int>(values_.size());
    std::vector<double> own, own_weights, smooth;
    for (int phase = 0; phase < season_; ++phase) {
      const int length = (count - phase - 1) / season_ + 1;
      own.clear();
      own_weights.clear();
      for (int i = phase; i < count; i += season_) {
        own.push_back(rest_[i]);
        if (!weights.empty()) own_weights.push_back(weights[i]);
      }
      smooth.assign(length + 2, 0);
      seasonal_loess_.Smooth(own, own_weights, work_, absl::MakeSpan(smooth).subspan(1, length));
      const int reach = std::min(seasonal_loess_.window, length);
      if (!seasonal_loess_.Estimate(own, own_weights, -1, 0, reach - 1, work_, smooth[0])) smooth[0] = smooth[1];
      if (!seasonal_loess_.Estimate(own, own_weights, length, length - reach, length - 1, work_, smooth[length + 1])) {
        smooth[length + 1] = smooth[length];
      }
      for (int i = 0; i < length + 2; ++i) cycles_[phase + i * season_] = smooth[i];
    }
  }

  Values values_;
  int season_;
  Loess seasonal_loess_, trend_loess_, low_pass_loess_;
  std::vector<double> cycles_, low_, rest_, work_, trend_, seasonal_;
};

bool IsWindow(int window) { return window >= 3 && window % 2 == 1; }

}  // namespace

absl::StatusOr<Decomposition> Stl(Values values, int season, const StlOptions& options) {
  RETURN_IF_ERROR(CheckSeries({values, {season}}));
  if (!IsWindow(options.season_window) || (options.trend_window != 0 && !IsWindow(options.trend_window))) {
    return absl::InvalidArgumentError("windows of a decomposition are odd numbers from 3 on");
  }
  if (options.season_degree != 0 && options.season_degree != 1) {
    return absl::InvalidArgumentError("the degree of the seasonal loess is 0 or 1");
  }
  if (values.size() < 2 * static_cast<size_t>(season)) {
    return absl::FailedPreconditionError(absl::StrCat("a season of ", season, " cannot be told from ", values.size(),
                                                      " values: two seasons are needed"));
  }
  Decomposer decomposer(values, season, options);
  std::vector<double> weights;
  for (int round = 0; round < (options.robust ? 16 : 2); ++round) {
    decomposer.Pass(weights);
    if (options.robust) weights = decomposer.Weights();
  }
  if (!options.robust) weights.assign(values.size(), 1);
  return std::move(decomposer).Result(std::move(weights));
}

}  // namespace kontor::forecasting
