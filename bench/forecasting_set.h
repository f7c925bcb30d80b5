#pragma once

#include <vector>

#include "bench/forecasting_accuracy.h"
#include "bench/forecasting_data.h"

namespace kontor::bench {

// What learns from a whole set at once (set_combination.h): "stack" and "set_trees" alone, and "set_combination" with
// its quantiles, to which all CPU time counts. Prints how the members did on the held-out values of the training part.
// Nothing for sets of several seasons, or too small.
void AddSetForecasts(const ForecastSet& set, int threads, std::vector<SetForecast>& forecasts);

}  // namespace kontor::bench
