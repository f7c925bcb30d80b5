#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

// How stored forecasts did, as actuals arrive.
namespace kontor::forecasting {

// One forecast of one step of one series with what came.
struct ScoredForecast {
  double actual = 0, forecast = 0;
  double naive = 0;          // what seasonal naive would have said
  int step = 1;              // ahead, 1 to 10,000
  double scale = 0;          // NaiveScale of the series' past; 0: unknown
  double squared_scale = 0;  // SquaredNaiveScale
  // Bounds of central intervals in the order of the levels that the monitor was made with; may be empty.
  std::vector<double> lower, upper;
};

struct AccuracyFigures {
  int count = 0;
  double wape = 0, bias = 0;  // NaN where nothing was sold
  // Means over the forecasts with a scale: of |e| / scale; the root of the mean of e^2 / squared scale.
  double mase = 0, rmsse = 0;
  double naive_wape = 0;
  // 1 - error / naive error, NaN where the naive one has none: above 0 where the forecast is better than seasonal naive
  // (Gilliland 2010).
  double value_added = 0;
  std::vector<double> coverage;  // of each level, NaN where no forecast had bounds
};

// Sums; small, mergeable, not thread-safe.
class AccuracyMonitor {
 public:
  // Coverages such as .8 and .95, within (0, 1).
  explicit AccuracyMonitor(std::vector<double> coverages);
  // INVALID_ARGUMENT: a number that is not finite, a step out of range, bounds of another size than the levels or
  // crossed.
  absl::Status Add(const ScoredForecast& scored);
  void Merge(const AccuracyMonitor& other);  // of the same levels

  AccuracyFigures Overall() const;
  int horizon() const { return static_cast<int>(by_step_.size()); }
  AccuracyFigures AtStep(int step) const;  // within 1 and horizon()

 private:
  struct Sums {
    int count = 0, scaled = 0, square_scaled = 0;
    double absolute = 0, error = 0, size = 0, naive = 0, scaled_error = 0, scaled_square = 0;
    std::vector<int> bounded, covered;
    void Add(const Sums& other);
  };
  AccuracyFigures FiguresOf(const Sums& sums) const;

  std::vector<double> coverages_;
  std::vector<Sums> by_step_;
};

// Whether a forecast has become wrong on one side: two-sided CUSUM of one-step errors over their standard deviation
// (Page 1954), each limited to ±4 so that one outlier is no drift. Beside it Trigg's tracking signal (Trigg 1964), for
// display.
struct DriftOptions {
  // Standard deviations of the error that should be found soonest, within (0, 4]; the slack is half of it.
  double shift = 1;
  // Steps between false alarms on average, where errors are independent and normal; the limit comes from Siegmund's
  // formula (Siegmund 1985; within 3% of the exact run length). 10 to 1e9.
  double false_alarm_steps = 500;
  double smoothing = 0.1;  // of the tracking signal, within (0, 1]
};

class DriftDetector {
 public:
  // INVALID_ARGUMENT: out of range. `standard_deviation` > 0 of the one-step errors when the model was made.
  static absl::StatusOr<DriftDetector> Make(double standard_deviation, const DriftOptions& options);
  // actual - forecast of one step ahead, finite; in time order. True where this step raises an alarm; then sums start
  // anew.
  bool Add(double error);

  double limit() const { return limit_; }
  double upper() const { return upper_; }  // CUSUM of too low forecasts, in standard deviations
  double lower() const { return lower_; }  // of too high ones
  double tracking_signal() const;          // -1 … 1, near 0 where errors cancel out; 0 before the first
  int alarms() const { return alarms_; }

 private:
  DriftDetector() = default;
  double deviation_ = 1, slack_ = 0.5, limit_ = 5, smoothing_ = 0.1;
  double upper_ = 0, lower_ = 0, mean_error_ = 0, mean_size_ = 0;
  int alarms_ = 0;
};

}  // namespace kontor::forecasting
