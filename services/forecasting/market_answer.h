#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/domain/forecasting/scenario.h"
#include "services/forecasting/market_store.h"
#include "services/forecasting/stored_forecast.h"

namespace kontor::forecasting {

struct MarketQuestion {
  const fleet::Shop& shop;
  Selection selection;
  const Past& past;
  int horizon = 28;
  const v1::Scenario& scenario;
};

// What the market does to a series.
struct MarketAnswer {
  FactorChoice choice;
  bool usual_weather = false;      // weather counts, and in part no forecast of it is known
  bool planned = false;            // the scenario has promotions
  std::vector<double> promotions;  // what these add to each step, as a share; empty: their effect is not known
};

absl::StatusOr<MarketAnswer> AskMarket(MarketStore& store, const MarketQuestion& question);

// A scenario's promotions become one of its parts, or a note says why not.
void AddPlanned(const MarketAnswer& answer, ScenarioEffect& effect);

v1::ForecastFactor FactorFrom(const FactorEffect& effect);
void TellFactors(const MarketAnswer& answer, v1::ForecastResponse& response);
void TellFactors(const StoredForecast& forecast, v1::ForecastResponse& response);

}  // namespace kontor::forecasting
