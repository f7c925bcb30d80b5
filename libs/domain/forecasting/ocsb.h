#pragma once

#include "libs/domain/forecasting/forecast.h"

namespace kontor::forecasting {

// The t value of Osborn, Chui, Smith and Birchenhall's test (1988) with `lags` own lags, from 1 on: that of the
// seasonal differences one season before in the regression of the values differenced twice. NaN where the series is too
// short or the regression has no answer.
double OcsbStatistic(Values values, int season, int lags);

// Whether a seasonal difference is needed at 5%: the statistic with the lags, 1 to 3, of the least AIC is above the
// critical value of the season (Hyndman's smoothed simulations, forecast package of R). False where it is NaN.
bool OcsbNeedsDifference(Values values, int season);

}  // namespace kontor::forecasting
