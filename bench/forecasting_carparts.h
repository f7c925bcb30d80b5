#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "bench/figures.h"

namespace kontor::bench {

// The 2,509 car parts without a missing month (Hyndman's expsmooth): the sum of the last six of 51 months, forecast
// from the others by every intermittent method and by the pool of all parts (intermittent_pool.h):
// carparts/wape_sum/METHOD and carparts/bias/METHOD, beside statsforecast 2.1.1 where it has the method; mean quantile
// loss of the sum at .9 and .95, carparts/pinball_90/METHOD, from negative binomial sums; of the pool also the share of
// sums up to these quantiles.
absl::Status BenchCarParts(std::vector<Figure>& figures, std::vector<std::string>& files);

}  // namespace kontor::bench
