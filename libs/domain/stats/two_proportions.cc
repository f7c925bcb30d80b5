#include "libs/domain/stats/two_proportions.h"

#include <cmath>

namespace kontor::stats {

double TwoProportionZ(int64_t successes1, int64_t trials1, int64_t successes2, int64_t trials2) {
  if (trials1 == 0 || trials2 == 0) return 0;
  const auto n1 = static_cast<double>(trials1), n2 = static_cast<double>(trials2);
  const double pooled = static_cast<double>(successes1 + successes2) / (n1 + n2);
  const double error = std::sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2));
  if (error == 0) return 0;
  return (static_cast<double>(successes1) / n1 - static_cast<double>(successes2) / n2) / error;
}

}  // namespace kontor::stats
