#pragma once

#include "absl/types/span.h"
#include "libs/domain/forecasting/forecast.h"

namespace kontor::forecasting {

// Simple exponential smoothing that starts at the first value: the level after the last. `before` receives the level
// before each value but the first; empty, or of the values' size.
double SmoothLevel(Values values, double alpha, absl::Span<double> before);

// The constant from `low` to `high` of the least squared error of one step, by golden sections to 1e-5 (one of the
// least, where there are several).
double BestAlpha(Values values, double low, double high);

}  // namespace kontor::forecasting
