#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "bench/figures.h"
#include "libs/domain/forecasting/forecast.h"

namespace kontor::bench {

// A series with what came after it; borrows.
struct HeldOut {
  forecasting::Values past, actual;
};

// How often intervals of 80% and 95% hold the hold-out, and what they cost: the mean interval score over the series'
// seasonal naive scale (series without one are left out). Those of the model's variance, "coverage_80/SET/METHOD", and
// those learned from backtests of all series of the set, "coverage_80/SET/METHOD+conformal". Every series has `horizon`
// actuals.
absl::Status BenchIntervals(const std::string& set, absl::Span<const HeldOut> series, int season, int horizon,
                            const forecasting::Method& method, int threads, std::vector<Figure>& figures);

}  // namespace kontor::bench
