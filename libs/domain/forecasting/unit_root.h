#pragma once

#include <vector>

#include "libs/domain/forecasting/forecast.h"

namespace kontor::forecasting {

// x[t] - x[t - lag], `times` times; empty where too few values are there.
std::vector<double> Difference(Values values, int lag, int times);

// Level stationarity (Kwiatkowski, Phillips, Schmidt and Shin 1992) with a Bartlett window of 3 sqrt(n) / 13 lags: the
// hypothesis that the series is stationary is refused at 5% above .463. 0 for a constant.
double KpssStatistic(Values values);

// The first difference where that test refuses the series at 5% (Hyndman and Khandakar 2008), the second where it
// refuses the differences at 2.5% and there are 50 values: on fewer the test errs, and a second difference, which runs
// on with the last slope, costs more than it gains (seen on held-out ends of the M3 series).
int DifferencesNeeded(Values values);

// 1 - var(remainder) / var(remainder + season) of the STL decomposition, at least 0 (Wang, Smith and Hyndman 2006): 0
// where the series has less than two seasons or is constant.
double SeasonalStrength(Values values, int season);

// One where the strength is above .64 (forecast 8 of R) and the test of Osborn et al. asks for it (ocsb.h; forecast 7
// took it alone): both forecast held-out ends of M3's quarterly and monthly series better than either. None for two
// seasons or less.
int SeasonalDifferencesNeeded(Values values, int season);

}  // namespace kontor::forecasting
