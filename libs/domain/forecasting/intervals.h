#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/domain/forecasting/backtest.h"
#include "libs/domain/forecasting/forecast.h"

// Quantiles of a forecast. Whatever makes them, they are finite, ascend with the level, and with `non_negative` are at
// least 0. Levels are within (0, 1), ascending; an interval of 80% is between the levels .1 and .9.
namespace kontor::forecasting {

struct QuantileForecast {
  std::vector<double> levels;
  std::vector<std::vector<double>> values;  // of each step, one for each level
};

absl::Status CheckLevels(absl::Span<const double> levels);  // INVALID_ARGUMENT

// Of a normal distribution with the model's variance. FAILED_PRECONDITION: the prediction has no variance.
absl::StatusOr<QuantileForecast> NormalQuantiles(const Prediction& prediction, absl::Span<const double> levels,
                                                 bool non_negative);

// Residuals drawn again and summed with the weights of past errors that the model's variances imply (psi_j^2 =
// (v[j+1] - v[j]) / v[1], psi_0 = 1): the shape of the errors is theirs, the growth with the step the model's.
// FAILED_PRECONDITION: no variance, or fewer than 10 finite residuals. Costs paths × steps^2 / 2.
struct BootstrapOptions {
  int paths = 2000;
  uint64_t seed = 1;
};
absl::StatusOr<QuantileForecast> BootstrapQuantiles(const Prediction& prediction, Values residuals,
                                                    absl::Span<const double> levels, const BootstrapOptions& options,
                                                    bool non_negative);

// How large errors are to be expected for one series before they are learned: of each step, the root of the model's
// variance, and the geometric mean of that and of the seasonal naive scale × sqrt(step). `mixed` tells series apart
// better than either: of the powers 0, .25, .5, .75, 1 of the model's share .5 had the least interval score within the
// training parts of all groups of M3. Where the model has no variance both are the scale's, where the scale is 0 the
// model's.
struct ErrorSpread {
  std::vector<double> model, mixed;
};
// `scale`: NaiveScale of the past with the lag of its first season; not below 0.
ErrorSpread SpreadOf(const Prediction& prediction, double scale);

// Errors (actual - forecast) of one series' backtest, each over the mixed spread of its fold.
struct ScaledErrors {
  std::vector<std::vector<double>> by_step;
};
ScaledErrors ScaleErrors(const Backtest& backtest);

// Which errors to expect in units of the mixed spread: for every step the value at each level. Learned from the
// backtests of one series or of a whole set (Vovk, Gammerman, Shafer 2005, split conformal; pooled over series as by
// Barber et al. 2023 with equal weights). Part of it is the model's own normal distribution.
class ErrorQuantiles {
 public:
  // Pooled over the series of a set. A level's value is at rank level × (n + 1), outside the sample on the normal tail,
  // less the mean of the step's errors (clipped to their .01 and .99 quantiles): a bias of the past seldom comes back.
  // Steps with fewer than kLeast errors borrow from the nearest steps. `normal_share`, within [0, 1], is the model's
  // own: backtests see less of a series than the forecast does and say a little too much; .25 had the least interval
  // score of 0, .25, .5, 1 on the last observations before the hold-out of M3's groups. 0 where errors are far from
  // normal. FAILED_PRECONDITION: fewer than kLeast errors at all.
  static constexpr int kLeast = 20;
  static constexpr double kNormalShare = 0.25;
  static absl::StatusOr<ErrorQuantiles> Pooled(absl::Span<const ScaledErrors> series, absl::Span<const double> levels,
                                               double normal_share = kNormalShare);
  // Of one series alone: its own n errors, pooled over the steps; the normal's share is 30 / (n + 30). `horizon` at
  // least 1.
  static ErrorQuantiles Alone(const ScaledErrors& errors, int horizon, absl::Span<const double> levels);
  // Those of the set, stretched by the root mean square of the series' own errors in units of the set's (half the
  // distance of its levels .16 and .84), which is drawn to 1: (n × own + strength) / (n + strength). strength > 0.
  static ErrorQuantiles Mixed(const ScaledErrors& own, const ErrorQuantiles& set, double strength);
  // From what was stored. INVALID_ARGUMENT: no steps, rows of another size than the levels, falling or not finite, a
  // share outside [0, 1].
  static absl::StatusOr<ErrorQuantiles> FromTable(std::vector<double> levels, std::vector<std::vector<double>> by_step,
                                                  double normal_share);

  // mean + (1 - share) × mixed spread × quantile + share × the model's × the normal quantile; steps beyond those
  // learned take the last one's.
  QuantileForecast Apply(Values mean, const ErrorSpread& spread, bool non_negative) const;

  const std::vector<double>& levels() const { return levels_; }
  const std::vector<std::vector<double>>& by_step() const { return by_step_; }
  double normal_share() const { return normal_share_; }

 private:
  std::vector<double> levels_;
  std::vector<std::vector<double>> by_step_;
  double normal_share_ = 0;
};

// Makes each row ascend by the least squares of pooling neighbours (isotonic regression), and lifts it to 0 where
// asked.
void MakeMonotone(std::vector<double>& row, bool non_negative);

// The value at any level of a step's quantiles: linear between levels, beyond them by the normal tail that continues
// the last two. `levels` and `values` ascend and have at least one element. 0 < level < 1.
double InterpolateQuantile(absl::Span<const double> levels, absl::Span<const double> values, double level);

}  // namespace kontor::forecasting
