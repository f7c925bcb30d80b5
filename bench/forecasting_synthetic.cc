#include "bench/forecasting_synthetic.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace kontor::bench {
namespace {

constexpr int kDays = 730;

class SplitMix {
 public:
  double Uniform() {
    state_ += 0x9E3779B97F4A7C15;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-53;
  }

 private:
  uint64_t state_ = 20240101;
};

std::vector<double> MakeSeries(SplitMix& random) {
  const double level = 20 + 480 * random.Uniform(), slope = (random.Uniform() - 0.3) * level / 1000;
  std::array<double, 7> factors;
  double total = 0;
  for (double& factor : factors) total += factor = 0.4 + 1.2 * random.Uniform();
  for (double& factor : factors) factor /= total / 7;
  const double spread = level * (0.05 + 0.20 * random.Uniform());
  std::vector<double> values;
  for (int day = 0; day < kDays; ++day) {
    double noise = 0;
    for (int i = 0; i < 12; ++i) noise += random.Uniform();
    values.push_back(std::max(0.0, std::floor((level + slope * day) * factors[day % 7] + spread * (noise - 6) + 0.5)));
  }
  return values;
}

}  // namespace

ForecastSet SyntheticDaily(size_t count) {
  ForecastSet set{.name = "synthetic_daily", .seasons = {7}, .horizon = 28};
  SplitMix random;
  for (size_t i = 0; i < count; ++i) set.train.push_back(MakeSeries(random));
  return set;
}

}  // namespace kontor::bench
