#pragma once

#include "libs/domain/forecasting/arima_fit.h"

namespace kontor::forecasting {

// The search of ArimaModel::Search; the input has been checked. `season` is 1 where there is none.
ArimaFit SearchArima(Values values, int season, absl::Span<const Regressor> regressors);

}  // namespace kontor::forecasting
