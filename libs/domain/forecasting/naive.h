#pragma once

#include "libs/domain/forecasting/forecast.h"

// Methods without anything to fit: what every other one has to beat. Variances are those of Hyndman and Athanasopoulos
// (2021), section 5.5, with the mean square of the one-step errors.
namespace kontor::forecasting {

Method NaiveMethod();          // "naive": the last value
Method SeasonalNaiveMethod();  // "seasonal_naive": the value one season before; without season, or less than one of
                               // values: naive
Method Naive2Method();  // "naive2": naive of the series without season, by test and classical decomposition (M3, M4)
Method DriftMethod();   // "drift": the line from the first value through the last; at least 2 values
Method MeanMethod();    // "mean": of all values

// Mean of the last `window` values, or of as many as there are; at least 1. "window_average"
Method WindowAverageMethod(int window);
// Mean, by place in the season, of the last `seasons` seasons, or of as many as there are; without season, or less than
// one of values: naive. At least 1. "seasonal_window_average"
Method SeasonalWindowAverageMethod(int seasons);

}  // namespace kontor::forecasting
