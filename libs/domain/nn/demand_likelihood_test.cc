#include "libs/domain/nn/demand_likelihood.h"

#include <gtest/gtest.h>

#include <cmath>

namespace kontor::nn {
namespace {

constexpr auto kCounts = DemandLikelihood::kNegativeBinomial;
constexpr auto kReals = DemandLikelihood::kStudentT;

// scipy.stats.nbinom.logpmf(z, 1 / a, 1 / (1 + a m)) of SciPy 1.16
TEST(DemandLikelihoodTest, NegativeBinomialIsThatOfSciPy) {
  EXPECT_NEAR(LogDensity(kCounts, {0.3, 2.0, 0}, 0), -0.235001814623, 1e-9);
  EXPECT_NEAR(LogDensity(kCounts, {2.5, 0.7, 0}, 3), -2.116737179766, 1e-9);
  EXPECT_NEAR(LogDensity(kCounts, {80, 0.05, 0}, 120), -5.839604850579, 1e-9);
  EXPECT_NEAR(LogDensity(kCounts, {7, 1e-4, 0}, 7), -1.904140201066, 1e-7);
}

// scipy.stats.t.logpdf(z, freedom, location, scale)
TEST(DemandLikelihoodTest, StudentTIsThatOfSciPy) {
  EXPECT_NEAR(LogDensity(kReals, {1, 2, 3}, 1.5), -1.735274604589, 1e-9);
  EXPECT_NEAR(LogDensity(kReals, {0, 1, 2.1}, -40), -11.321843151963, 1e-9);
  EXPECT_NEAR(LogDensity(kReals, {9.5, 0.1, 30}, 10), -8.019790187725, 1e-9);
}

TEST(DemandLikelihoodTest, OutputsAreInUnitsOfTheScale) {
  const float outputs[] = {0, -100, 0};  // softplus(0) = log 2
  const DemandDistribution counts = ToDistribution(kCounts, outputs, 50);
  EXPECT_NEAR(counts.mean, 50 * (std::log(2) + kLeastMean), 1e-9);
  EXPECT_NEAR(counts.spread, kLeastSpread, 1e-12);
  const DemandDistribution reals = ToDistribution(kReals, outputs, 50);
  EXPECT_EQ(reals.mean, 0);
  EXPECT_NEAR(reals.spread, 50 * kLeastSpread, 1e-9);
  EXPECT_NEAR(reals.freedom, std::log(2) + kLeastFreedom, 1e-9);
}

struct Moments {
  double mean = 0, variance = 0;
};

Moments MomentsOfDraws(DemandLikelihood likelihood, const DemandDistribution& distribution) {
  constexpr int kDraws = 200'000;
  base::Random random(11);
  double sum = 0, squares = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double value = Draw(likelihood, distribution, random);
    sum += value;
    squares += value * value;
  }
  return {sum / kDraws, squares / kDraws - sum / kDraws * sum / kDraws};
}

TEST(DemandLikelihoodTest, DrawsHaveTheDistributionsMoments) {
  for (const auto& [mean, spread] : {std::pair{0.4, 3.0}, {9.0, 0.2}, {300.0, 1e-4}}) {
    const Moments counts = MomentsOfDraws(kCounts, {mean, spread, 0});
    const double variance = mean + spread * mean * mean;
    EXPECT_NEAR(counts.mean, mean, 4 * std::sqrt(variance / 200'000));
    EXPECT_NEAR(counts.variance / variance, 1, 0.05) << mean;
  }
  const Moments reals = MomentsOfDraws(kReals, {-3, 2, 10});
  EXPECT_NEAR(reals.mean, -3, 0.025);
  EXPECT_NEAR(reals.variance, 4 * 10.0 / 8, 0.1);  // spread² freedom / (freedom - 2)
}

TEST(DemandLikelihoodTest, DrawsOfHugeCountsAreFinite) {
  base::Random random(1);
  EXPECT_NEAR(Draw(kCounts, {1e20, 1e-4, 0}, random) / 1e20, 1, 0.06);
  EXPECT_EQ(Draw(kCounts, {1e-4, 1e-4, 0}, random), 0);
}

}  // namespace
}  // namespace kontor::nn
