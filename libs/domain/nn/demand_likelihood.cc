#include "libs/domain/nn/demand_likelihood.h"

#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>

namespace kontor::nn {
namespace {

constexpr double kLargestPoisson = 1e8;

double Softplus(double x) { return x > 30 ? x : std::log1p(std::exp(x)); }

}  // namespace

DemandDistribution ToDistribution(DemandLikelihood likelihood, const float* outputs, double scale) {
  if (likelihood == DemandLikelihood::kNegativeBinomial) {
    return {scale * (Softplus(outputs[0]) + kLeastMean), Softplus(outputs[1]) + kLeastSpread, 0};
  }
  return {scale * outputs[0], scale * (Softplus(outputs[1]) + kLeastSpread), Softplus(outputs[2]) + kLeastFreedom};
}

double LogDensity(DemandLikelihood likelihood, const DemandDistribution& distribution, double value) {
  const auto& [mean, spread, freedom] = distribution;
  if (likelihood == DemandLikelihood::kNegativeBinomial) {
    const double size = 1 / spread, odds = spread * mean;
    return std::lgamma(value + size) - std::lgamma(value + 1) - std::lgamma(size) - size * std::log1p(odds) +
           value * (std::log(odds) - std::log1p(odds));
  }
  const double z = (value - mean) / spread;
  return std::lgamma((freedom + 1) / 2) - std::lgamma(freedom / 2) - std::log(freedom * std::numbers::pi) / 2 -
         std::log(spread) - (freedom + 1) / 2 * std::log1p(z * z / freedom);
}

double Draw(DemandLikelihood likelihood, const DemandDistribution& distribution, base::Random& random) {
  const auto& [mean, spread, freedom] = distribution;
  if (likelihood == DemandLikelihood::kNegativeBinomial) {
    const double rate = std::gamma_distribution<double>(1 / spread, spread * mean)(random);
    if (rate <= 0) return 0;
    if (rate > kLargestPoisson) return std::round(rate);
    return static_cast<double>(std::poisson_distribution<int64_t>(rate)(random));
  }
  const double chi_square = std::gamma_distribution<double>(freedom / 2, 2)(random);
  return mean + spread * random.Normal() * std::sqrt(freedom / chi_square);
}

}  // namespace kontor::nn
