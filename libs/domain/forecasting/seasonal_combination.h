#pragma once

#include "libs/domain/forecasting/forecast.h"

namespace kontor::forecasting {

// "seasonal_combination": the ridge autoregressions and double seasonal smoothing, weighed by the fourth power of the
// inverse of their mean absolute errors from four origins, four of the shortest season apart, over two of it
// (selection.h). For series with a season that is short beside the history, above all hours with days and weeks;
// without two seasons the autoregressions alone. FAILED_PRECONDITION where no member can be fitted.
Method SeasonalCombinationMethod();

}  // namespace kontor::forecasting
