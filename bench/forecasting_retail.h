#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "bench/figures.h"

namespace kontor::bench {

// Online Retail (UCI): revenue in all, of the 10 best countries and two-digit prefixes, units of the 500 best products;
// 53 weeks that end on Fridays, the last four held out. 100 (1 - WAPE), retail/WHAT/LEVEL/METHOD: of four weeks from
// one origin (week), of the next week from each of four (next_week), of 28 days (day) and of these summed to weeks
// (day_summed), by recent_level.h and the last value (of days: the day a week before), beside the best of the peers.
absl::Status BenchRetail(std::vector<Figure>& figures, std::vector<std::string>& files);

}  // namespace kontor::bench
