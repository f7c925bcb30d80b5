#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "libs/domain/forecasting/forecast.h"
#include "libs/domain/forecasting/regressors.h"

namespace kontor::forecasting {

enum class Growth { kLinear, kLogistic, kFlat };

// Whether seasons and events are added to the trend or in proportion to it. Automatic: in proportion where that has an
// absolute error smaller by 2% or more over the last tenth of the observations, forecast from the others (20 at least).
enum class SeasonForm { kAutomatic, kAdditive, kMultiplicative };

// A season as a Fourier series.
struct FourierSeason {
  std::string name;
  double days = 7;  // of the period
  int order = 3;    // sine and cosine pairs
};

// A day with an effect of its own, and days around it, each with its own.
struct Event {
  std::string name;
  std::vector<absl::CivilDay> days;
  int before = 0, after = 0;
  double prior = 10;  // standard deviation of the effects
};

struct TrendRegressionOptions {
  Growth growth = Growth::kLinear;
  double cap = 0, floor = 0;  // what logistic growth saturates at; the floor counts for it alone
  int change_points = 25;     // of the trend's slope, evenly over the first `change_range` of the observations
  double change_range = .8;
  double change_prior = .05;  // scale of the Laplace distribution of the changes
  bool automatic_seasons =
      true;  // year (order 10) from two years on, week (3) for steps below a week, day (4) below a day
  std::vector<FourierSeason> seasons;  // beside those
  SeasonForm form = SeasonForm::kAutomatic;
  double season_prior = 10, regressor_prior = 10;
  std::vector<Event> events;
};

// What one part of the model adds to each step; all together they are the forecast.
struct Component {
  std::string name;  // "trend", a season, an event, a regressor
  std::vector<double> values;
};

struct TrendForecast {
  Prediction prediction;
  std::vector<Component> components;
};

// Piecewise linear or logistic trend with Fourier seasons, events and regressors (Taylor and Letham 2018, "Forecasting
// at scale"), with their priors: slope and offset N(0, 5²) after scaling, changes Laplace, effects normal. Fitted as
// the posterior's mode: Gauss-Newton steps whose quadratic bounds of the absolute changes are renewed at every step
// (Hunter and Li 2005), exact where a smooth quasi-Newton method would meet the kinks. A logistic trend is cap × the
// logistic function of the piecewise linear one, which is the paper's curve without its division by the growth rate: it
// cannot overflow. Immutable, thread-safe.
class TrendRegression {
 public:
  // `days`: time of each observation in days since 1970-01-01, ascending, fractions for hours. Regressors are
  // standardised unless they are 0 and 1. Costs observations × columns² a step, some tens of milliseconds for 3,000
  // days. INVALID_ARGUMENT: bad values, days, options or regressors. FAILED_PRECONDITION: fewer than two observations.
  static absl::StatusOr<TrendRegression> Fit(absl::Span<const double> days, Values values,
                                             const TrendRegressionOptions& options,
                                             absl::Span<const Regressor> regressors = {});

  // Any days, those of the past too. The variance is that of the observations' noise and of slopes that go on changing
  // as often and as much as they did (the paper's section 3.1.4 in closed form). FAILED_PRECONDITION names a regressor
  // that lacks values.
  absl::StatusOr<TrendForecast> Predict(absl::Span<const double> days,
                                        absl::Span<const Regressor> regressors = {}) const;

  // `paths` futures drawn with their own change points and noise, one value a day each; `days` ascending.
  absl::StatusOr<std::vector<std::vector<double>>> Sample(absl::Span<const double> days, int paths, uint64_t seed,
                                                          absl::Span<const Regressor> regressors = {}) const;

  // As chosen: kAdditive or kMultiplicative.
  SeasonForm form() const { return options_.form; }
  // Change of the slope at each change point, in units of the series a day.
  std::vector<double> slope_changes() const;
  std::vector<double> change_days() const;

 private:
  friend class TrendRegressionFitter;

  // One column of the design beside the trend's.
  struct Column {
    size_t component = 0;  // its place among the components
    double prior = 10;
    bool multiplicative = false;
    double coefficient = 0;
  };

  void FillRow(double day, const std::vector<const Regressor*>& regressors, size_t step,
               std::vector<double>& row) const;
  void AddColumns(absl::Span<const double> days, absl::Span<const Regressor> regressors);
  double Time(double day) const { return (day - first_day_) / span_; }
  double Line(double time) const;   // the piecewise linear part
  double Curve(double line) const;  // of the growth, scaled

  TrendRegressionOptions options_;
  double first_day_ = 0, span_ = 1, scale_ = 1, floor_ = 0;
  double offset_ = 0, slope_ = 0, noise_ = 0;  // of the scaled series over the scaled time
  std::vector<double> change_times_, changes_;
  std::vector<std::string> names_;  // of the components after the trend
  std::vector<FourierSeason> seasons_;
  std::vector<std::string> regressor_names_;
  std::vector<double> regressor_means_, regressor_scales_;
  std::vector<Column> columns_;
};

// Steps as days, the series' seasons as Fourier series of at most 10 pairs: "trend_regression".
Method TrendRegressionMethod();

}  // namespace kontor::forecasting
