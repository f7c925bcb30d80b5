#pragma once

#include <cstdint>

namespace kontor::stats {

struct Interval {
  double low = 0, high = 0;
};

// The score interval of a proportion (Wilson 1927, "Probable inference, the law of succession, and statistical
// inference"):
//   (k + z^2/2 +- z sqrt(k (n - k) / n + z^2 / 4)) / (n + z^2),  k successes in n trials.
// z = 1.959964 covers 95%. {0, 1} without trials. 0 <= successes <= trials.
Interval WilsonInterval(int64_t successes, int64_t trials, double z = 1.959964);

}  // namespace kontor::stats
