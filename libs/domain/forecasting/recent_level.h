#pragma once

#include "libs/domain/forecasting/forecast.h"

// Short histories of sales: a level that is taken from the last weeks alone, and robustly. Weeks of one year, or days
// of one year by weekday; longer ones have seasons to learn from.
namespace kontor::forecasting {

// "recent_level": the mean of three forecasts of the values without spikes: half the last value and half the mean of
// the last four; the mean of the last eight with half the slope of the last 26 (at most 3% of that mean a step); simple
// smoothing at .4. A spike is what lies above the median of its neighbours (four to each side; eight before where fewer
// follow), moved to its place by the slope of the last 26 (the median of those between pairs: Theil 1950, Sen 1968), by
// three of their robust deviations and a tenth of the median each: what goes on as the values rise is none. Any number
// of values; seasons are not looked at. The variance of every step is the mean square of the one-step errors.
Method RecentLevelMethod();

// "recent_median": half of recent_level and half of the median of the last eight values: for values with many zeros or
// bulk orders.
Method RecentMedianMethod();

// "week_profile": recent_level of the sums over whole seasons that end with the series, shared out by what each place
// of the season sold in the last 13. Where more than three tenths of the values at places that sell are zero, half of
// it is the median of each place over those seasons, scaled by the forecast season. FAILED_PRECONDITION without a
// season, or with fewer than four of them.
Method WeekProfileMethod();

}  // namespace kontor::forecasting
