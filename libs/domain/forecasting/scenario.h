#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/domain/forecasting/forecast.h"
#include "libs/domain/forecasting/trend_regression.h"

namespace kontor::forecasting {

// What happened beside the sales, and what is planned.
struct ScenarioInput {
  std::vector<double> days, future_days;  // of the steps, since 1970-01-01, ascending
  Values values;                          // of the past
  std::vector<double> prices;             // of the past, above 0; empty: not known
  std::vector<double> future_prices;      // of the steps to come; empty: as the last one of the past
  std::vector<Event> events;              // their days in the past and to come
};

struct ScenarioEffect {
  // "price", then the events that have a day in both the past and the future: what each adds to a forecast without it,
  // as a share of that forecast, one a step.
  std::vector<Component> shares;
  std::vector<std::string> notes;  // what has no effect, and why
};

// By a regression with trend, seasons, the logarithm of the price and the events (trend_regression.h), forecast with
// and without what is planned. All shares of a step together are at least -1 and at most kMostShare. Prices whose
// logarithms' deviation is below .01 in the past tell nothing. INVALID_ARGUMENT: sizes, prices not above 0, and as
// TrendRegression::Fit.
absl::StatusOr<ScenarioEffect> EstimateScenario(const ScenarioInput& input);
inline constexpr double kMostShare = 10;

// A forecast's means with the effect, and its quantiles in proportion to the means.
void ApplyScenario(const ScenarioEffect& effect, std::vector<double>& mean,
                   std::vector<std::vector<double>>& quantiles);

}  // namespace kontor::forecasting
