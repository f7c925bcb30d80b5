#pragma once

#include <vector>

#include "libs/domain/forecasting/forecast.h"

// How far forecasts are from what came. `actual` and `forecast` are of one length; NaN where a measure has no value,
// such as a scale of zero.
namespace kontor::forecasting {

// Percent, the mean of 200 |y - f| / (|y| + |f|), 0 where both are zero (Makridakis and Hibon 2000).
double Smape(Values actual, Values forecast);
double Mape(Values actual, Values forecast);  // percent, over the actuals that are not zero

// Mean |y[t] - y[t - lag]| of the past: what MASE divides by (Hyndman and Koehler 2006).
double NaiveScale(Values past, int lag);
// Mean (y[t] - y[t - lag])^2: what RMSSE divides the squared error by (Makridakis et al. 2022).
double SquaredNaiveScale(Values past, int lag);
double Mase(Values actual, Values forecast, double naive_scale);
double Rmsse(Values actual, Values forecast, double squared_naive_scale);

double MeanAbsoluteError(Values actual, Values forecast);
// Sum |y - f| / sum |y|.
double Wape(Values actual, Values forecast);
// Sum (f - y) / sum |y|: above 0 where too much was forecast.
double Bias(Values actual, Values forecast);

// Mean quantile loss: (y - f) q where y is above, (f - y) (1 - q) where it is below. 0 < quantile < 1.
double PinballLoss(Values actual, Values forecast, double quantile);
// Share of actuals within [lower, upper].
double Coverage(Values actual, Values lower, Values upper);
// Mean of width + 2 / alpha × the distance outside, alpha = 1 - level (Gneiting and Raftery 2007, eq. 43).
double IntervalScore(Values actual, Values lower, Values upper, double level);

}  // namespace kontor::forecasting
