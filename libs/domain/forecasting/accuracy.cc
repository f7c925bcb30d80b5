#include "libs/domain/forecasting/accuracy.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "libs/base/status.h"

namespace kontor::forecasting {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr double kMostDeviations = 4;
constexpr int kMostSteps = 10'000;

double Ratio(double above, double below) { return below > 0 ? above / below : kNone; }

absl::Status CheckScored(const ScoredForecast& scored, size_t levels) {
  if (scored.step < 1 || scored.step > kMostSteps) {
    return absl::InvalidArgumentError("a forecast is 1 to 10,000 steps ahead");
  }
  for (const double value : {scored.actual, scored.forecast, scored.naive, scored.scale, scored.squared_scale}) {
    if (!std::isfinite(value)) return absl::InvalidArgumentError("a scored forecast needs finite numbers");
  }
  if (scored.scale < 0 || scored.squared_scale < 0) return absl::InvalidArgumentError("a scale is not below 0");
  if (scored.lower.size() != scored.upper.size() || (!scored.lower.empty() && scored.lower.size() != levels)) {
    return absl::InvalidArgumentError("bounds are given for each level of the monitor, or for none");
  }
  for (size_t i = 0; i < scored.lower.size(); ++i) {
    if (!(std::isfinite(scored.lower[i]) && std::isfinite(scored.upper[i]) && scored.lower[i] <= scored.upper[i])) {
      return absl::InvalidArgumentError("a lower bound must be finite and not above the upper one");
    }
  }
  return absl::OkStatus();
}

// Steps until a two-sided CUSUM with this limit alarms without reason (Siegmund 1985: the limit is 1.166 higher than it
// looks).
double FalseAlarmSteps(double limit, double slack) {
  const double b = limit + 1.166;
  return (std::exp(2 * slack * b) - 2 * slack * b - 1) / (4 * slack * slack);
}

}  // namespace

AccuracyMonitor::AccuracyMonitor(std::vector<double> coverages) : coverages_(std::move(coverages)) {}

void AccuracyMonitor::Sums::Add(const Sums& other) {
  count += other.count;
  scaled += other.scaled;
  square_scaled += other.square_scaled;
  absolute += other.absolute;
  error += other.error;
  size += other.size;
  naive += other.naive;
  scaled_error += other.scaled_error;
  scaled_square += other.scaled_square;
  bounded.resize(std::max(bounded.size(), other.bounded.size()));
  covered.resize(bounded.size());
  for (size_t i = 0; i < other.bounded.size(); ++i) {
    bounded[i] += other.bounded[i];
    covered[i] += other.covered[i];
  }
}

absl::Status AccuracyMonitor::Add(const ScoredForecast& scored) {
  RETURN_IF_ERROR(CheckScored(scored, coverages_.size()));
  Sums one;
  const double error = scored.forecast - scored.actual;
  one.count = 1;
  one.absolute = std::abs(error);
  one.error = error;
  one.size = std::abs(scored.actual);
  one.naive = std::abs(scored.naive - scored.actual);
  if (scored.scale > 0) {
    one.scaled = 1;
    one.scaled_error = std::abs(error) / scored.scale;
  }
  if (scored.squared_scale > 0) {
    one.square_scaled = 1;
    one.scaled_square = error * error / scored.squared_scale;
  }
  for (size_t i = 0; i < scored.lower.size(); ++i) {
    one.bounded.push_back(1);
    one.covered.push_back(scored.actual >= scored.lower[i] && scored.actual <= scored.upper[i] ? 1 : 0);
  }
  if (horizon() < scored.step) by_step_.resize(scored.step);
  by_step_[scored.step - 1].Add(one);
  return absl::OkStatus();
}

void AccuracyMonitor::Merge(const AccuracyMonitor& other) {
  if (by_step_.size() < other.by_step_.size()) by_step_.resize(other.by_step_.size());
  for (size_t h = 0; h < other.by_step_.size(); ++h) by_step_[h].Add(other.by_step_[h]);
}

AccuracyFigures AccuracyMonitor::FiguresOf(const Sums& sums) const {
  AccuracyFigures figures;
  figures.count = sums.count;
  figures.wape = Ratio(sums.absolute, sums.size);
  figures.bias = Ratio(sums.error, sums.size);
  figures.mase = Ratio(sums.scaled_error, sums.scaled);
  figures.rmsse = std::sqrt(Ratio(sums.scaled_square, sums.square_scaled));
  figures.naive_wape = Ratio(sums.naive, sums.size);
  figures.value_added = 1 - Ratio(sums.absolute, sums.naive);
  for (size_t i = 0; i < coverages_.size(); ++i) {
    figures.coverage.push_back(i < sums.bounded.size() ? Ratio(sums.covered[i], sums.bounded[i]) : kNone);
  }
  return figures;
}

AccuracyFigures AccuracyMonitor::Overall() const {
  Sums all;
  for (const Sums& step : by_step_) all.Add(step);
  return FiguresOf(all);
}

AccuracyFigures AccuracyMonitor::AtStep(int step) const { return FiguresOf(by_step_[step - 1]); }

absl::StatusOr<DriftDetector> DriftDetector::Make(double standard_deviation, const DriftOptions& options) {
  if (!(standard_deviation > 0) || !std::isfinite(standard_deviation)) {
    return absl::InvalidArgumentError("the standard deviation of errors must be finite and above 0");
  }
  const bool fits = options.shift > 0 && options.shift <= 4 && options.false_alarm_steps >= 10 &&
                    options.false_alarm_steps <= 1e9 && options.smoothing > 0 && options.smoothing <= 1;
  if (!fits) return absl::InvalidArgumentError("shift, steps between false alarms or smoothing are out of range");
  DriftDetector detector;
  detector.deviation_ = standard_deviation;
  detector.slack_ = options.shift / 2;
  detector.smoothing_ = options.smoothing;
  double low = 0, high = 1;
  while (FalseAlarmSteps(high, detector.slack_) < options.false_alarm_steps) high *= 2;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (FalseAlarmSteps(middle, detector.slack_) < options.false_alarm_steps ? low : high) = middle;
  }
  detector.limit_ = high;
  return detector;
}

bool DriftDetector::Add(double error) {
  mean_error_ += smoothing_ * (error - mean_error_);
  mean_size_ += smoothing_ * (std::abs(error) - mean_size_);
  const double scaled = std::clamp(error / deviation_, -kMostDeviations, kMostDeviations);
  upper_ = std::max(0.0, upper_ + scaled - slack_);
  lower_ = std::max(0.0, lower_ - scaled - slack_);
  if (upper_ <= limit_ && lower_ <= limit_) return false;
  upper_ = lower_ = 0;
  ++alarms_;
  return true;
}

double DriftDetector::tracking_signal() const { return mean_size_ > 0 ? mean_error_ / mean_size_ : 0; }

}  // namespace kontor::forecasting
