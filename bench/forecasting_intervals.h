#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "bench/figures.h"
#include "bench/forecasting_accuracy.h"
#include "bench/forecasting_data.h"

namespace kontor::bench {

// How often central intervals of 80% and 95% hold what came, and what they cost: the mean interval score over the
// series' seasonal naive scale (series without one are left out). For "auto_ets" and "combination", where they are
// among the methods: intervals of the model's own normal distribution, and "+conformal" ones, learned from backtests of
// all series of the set before the hold-out (none where they give fewer than 20 errors). Figures:
// SET/coverage_80/METHOD+conformal, SET/interval_score_95/METHOD+conformal, …
void BenchIntervals(const ForecastSet& set, const ForecastBenchOptions& options, std::vector<Figure>& figures);

// Of the four groups of M3.
absl::Status BenchM3Intervals(const ForecastBenchOptions& options, std::vector<Figure>& figures,
                              std::vector<std::string>& files);

}  // namespace kontor::bench
