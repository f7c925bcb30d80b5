#pragma once

#include "libs/domain/forecasting/forecast.h"

namespace kontor::forecasting {

// "mstl_" + the name of `rest`: seasons are taken out by Mstl, `rest` forecasts what remains as a series without
// season, and the last season of each is repeated (the recipe of R's stlf and of statsforecast's MSTL). Variances are
// those of `rest`: the seasons count as known. Errors as those of `rest`, and of Mstl.
Method DecomposedMethod(Method rest);

}  // namespace kontor::forecasting
