#pragma once

#include "libs/domain/forecasting/forecast.h"

namespace kontor::forecasting {

// "recent_level", for noisy sales with a year or less of history. Without season: the mean of three levels, of the
// values with single spikes cut (to 3 robust deviations and 30% above the median of the 8 values around): half the last
// value and half the mean of the last 4; the mean of the last 8 with half the slope of the last 26, at most 3% of it a
// step; simple smoothing at .4. With a season (the first counts): that of the sums of whole seasons up to the end, over
// the steps in the proportions of the last 13 seasons; half of it in those of the medians, where more than 30% of the
// steps that sell at all are zeros. Not below 0 where no value is. `fitted` is the mean of the last 4 values or seasons
// before each step. No variance. FAILED_PRECONDITION: fewer than 4 values, or 4 whole seasons.
Method RecentLevelMethod();

}  // namespace kontor::forecasting
