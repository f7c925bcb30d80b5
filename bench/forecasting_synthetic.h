#pragma once

#include <cstddef>

#include "bench/forecasting_data.h"

namespace kontor::bench {

// Daily sales with trend, week and noise, whole numbers, 730 days each, horizon 28, nothing held out: the same integers
// in any language. SplitMix64 from 20240101 runs through all series; u = (next >> 11) 2^-53. A series: level 20 + 480u,
// slope (u - 0.3) level / 1000, seven factors 0.4 + 1.2u over their mean, spread level (0.05 + 0.20u). Day t: max(0,
// floor((level + slope t) factor[t mod 7] + spread noise + 0.5)), noise the sum of 12 u less 6.
ForecastSet SyntheticDaily(size_t count);

}  // namespace kontor::bench
