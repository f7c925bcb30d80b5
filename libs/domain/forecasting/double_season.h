#pragma once

#include <memory>

#include "libs/domain/forecasting/forecast.h"
#include "libs/domain/forecasting/ridge_autoregression.h"

namespace kontor::forecasting {

// Exponential smoothing of a level and of two additive seasons, one inside the other, with a first-order autoregression
// of its errors (Taylor 2003), in logarithms where all values are above 0. The long season counts what the short one
// leaves. Constants from a grid of 108; the forecast is the mean of the five of least absolute error after two long
// seasons, which give the start. No variance. Costs 108 passes. The series has been checked and has more than two long
// seasons.
std::unique_ptr<FittedModel> FitDoubleSeason(Values values, const TwoSeasons& seasons);

}  // namespace kontor::forecasting
