#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "bench/figures.h"
#include "bench/forecasting_accuracy.h"

namespace kontor::bench {

// The UCI Online Retail orders of known customers, 53 blocks of seven days: revenue of the whole shop, of the ten
// largest countries and two-digit groups of products, units of the 500 best products (by what was sold before the last
// 28 days, which are held out). 100 (1 - WAPE) by every method, "automatic" (automatic.h) among them, with "+holidays"
// knowing the shop's public holidays (factors.h), and on the products by "set_trees" (set_trees.h) trained on what came
// before:
//   retail_week/LEVEL/METHOD        the four weeks from one origin
//   retail_next_week/LEVEL/METHOD   the next week from four origins
//   retail_day/LEVEL/METHOD         the 28 days from one origin
//   retail_day_sum/LEVEL/METHOD     these summed to weeks
//   retail_year/LEVEL/METHOD        four weeks from each of the 22 origins in the second half of what comes before, by
//   a
//                                   few methods; not of products
// and .../best_peer, the best of the peers' table in each column; with network_seconds, products also by "network" and
// "network_median" (forecasting_network.h). Prints a table for each.
absl::Status BenchRetail(const ForecastBenchOptions& options, std::vector<Figure>& figures,
                         std::vector<std::string>& files);

}  // namespace kontor::bench
