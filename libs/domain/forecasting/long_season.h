#pragma once

#include "libs/domain/forecasting/forecast.h"

namespace kontor::forecasting {

// "long_season", for values by the hour or half hour: the mean of three ridge autoregressions and of double seasonal
// smoothing, weighted by the fourth power of their accuracy over the two short seasons after up to four origins of the
// series itself, 4 a apart (at least two long seasons and a short one before each). The first and the last season
// count. No variance. FAILED_PRECONDITION: fewer than two seasons, or than 2 b + a values for a short season a and a
// long one b. Costs five fits of each member: some 20 ms for 1,000 hours.
Method LongSeasonMethod();

}  // namespace kontor::forecasting
