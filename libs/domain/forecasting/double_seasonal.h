#pragma once

#include "libs/domain/forecasting/forecast.h"

namespace kontor::forecasting {

// "double_seasonal": exponential smoothing of level and two seasons, errors with an autoregression of order one (Taylor
// 2003, without trend), in logarithms where all values are above 0: the mean of the five of a grid of 108 settings with
// the smallest sums of absolute one-step errors. No variance formula. FAILED_PRECONDITION: not two seasons of which the
// longer is a multiple of the shorter, or fewer values than three of the longer. Cost: 108 × values.
Method DoubleSeasonalMethod();

}  // namespace kontor::forecasting
