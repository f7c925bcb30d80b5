#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/domain/forecasting/automatic.h"
#include "libs/domain/forecasting/forecast.h"

// What the world around a shop does to its sales, in proportion to them: promotions, the calendar, the weather.
namespace kontor::forecasting {

enum class FactorKind { kPromotion, kCalendar, kWeather };

struct Factor {
  FactorKind kind = FactorKind::kPromotion;
  std::string name;            // unique
  std::vector<double> values;  // of the past, then of the steps to come; promotions and events: 0 where nothing is
};

struct FactorOptions {
  int horizon = 28;             // at least 1
  std::vector<double> periods;  // of the seasons, in steps: 7 and 365.25; only those that the past is long enough for
  int origins = 6;              // of the backtest, at least 1
};

struct FactorEffect {
  FactorKind kind = FactorKind::kPromotion;
  std::string name;
  double coefficient = 0;  // of the logarithm of demand, by unit of the factor
  // Promotions and events: the mean of the values that are not 0; weather: the standard deviation.
  double change = 1;
  double share = 0;  // exp(coefficient × change) - 1
};

struct FactorChoice {
  std::vector<FactorEffect> effects;  // of the factors that are used; empty: none
  // Of the past and the steps to come; 1 where no factor is used. Weather counts from its mean in the past.
  std::vector<double> multipliers;
  std::vector<double> base;                  // the past without the effects
  std::optional<double> wape, wape_without;  // of the backtest with the effects and without; absent: none was made
};

// Effects by a quasi-Poisson regression with a logarithmic link (McCullagh and Nelder 1989, ch. 9.2) on a piecewise
// linear level, the seasons and the factors. A factor counts that differs at some steps of the past (3; events 2)
// and whose coefficient is kLeastDeviations of its standard errors; of more than a tenth of the steps the first are
// tried; a kind of them is used where it lowers the rolling-origin WAPE of a robust method (recent_level.h) on the
// series without the effects by kLeastGain of it, everything learned before each origin; weather is known there as it
// came. Kinds are tried one on top of the other in the order of the enumeration. Multipliers are within
// 1/kMostMultiplier and kMostMultiplier; where one is below .2, base is what the regression expects. Nothing is used of
// series with fewer than kLeastSales steps with a sale or with negative values. Costs steps × columns² a fit: some
// milliseconds for two years of days, times kinds × origins × 2 where anything is significant. Deterministic.
// INVALID_ARGUMENT: CheckSeries, sizes, values that are not finite.
absl::StatusOr<FactorChoice> ChooseFactors(const Series& series, absl::Span<const Factor> factors,
                                           const FactorOptions& options);
inline constexpr double kLeastDeviations = 3, kLeastGain = 0.01, kMostMultiplier = 20;
inline constexpr int kLeastSales = 30;

// As ForecastAutomatically on the past without the effects, then with those of the steps to come. Quantiles move in
// proportion; backtests are compared with what was sold.
absl::StatusOr<AutomaticForecast> ForecastWithFactors(const Series& series, const AutomaticOptions& options,
                                                      const FactorChoice& choice);

}  // namespace kontor::forecasting
