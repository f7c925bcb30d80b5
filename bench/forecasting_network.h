#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/figures.h"
#include "bench/forecasting_accuracy.h"
#include "bench/forecasting_data.h"

// The global LSTM (libs/domain/forecasting/global_network.h) as a row of the tables, trained on one thread for so many
// seconds of wall time at most.
namespace kontor::bench {

// Forecasts of a whole set; cpu_seconds are those of training and of forecasting.
absl::StatusOr<SetForecast> ForecastByNetwork(const ForecastSet& set, int seconds);

// 100 (1 - WAPE) of the four questions of the retail bench (forecasting_retail.h), in its order: weeks from one origin,
// the next week from each, days, days summed to weeks. "network" is the mean, "network_median" the median of each step
// or sum, which is what absolute errors ask for. One network for weeks, one for days, both of what was known at the
// first origin. Adds network_cpu_s/LEVEL/days and …/weeks: CPU seconds of training; prints them.
struct RetailRow {
  std::string name;
  double values[4];
};
absl::StatusOr<std::vector<RetailRow>> RetailByNetwork(const std::vector<std::vector<double>>& days, size_t days_held,
                                                       const std::string& level, int seconds,
                                                       std::vector<Figure>& figures);

}  // namespace kontor::bench
