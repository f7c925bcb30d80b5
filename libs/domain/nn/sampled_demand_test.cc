#include "libs/domain/nn/sampled_demand.h"

#include <gtest/gtest.h>

namespace kontor::nn {
namespace {

const SampledDemand kFuture{3, 2, {1, 10, 5, 0, 3, 20}, {3, 10}};  // paths 1 10, 5 0, 3 20

TEST(SampledDemandTest, QuantilesAreLinearBetweenThePaths) {
  EXPECT_EQ(kFuture.Quantiles(0, {0, 0.25, 0.5, 1}), (std::vector<double>{1, 2, 3, 5}));
  EXPECT_EQ(kFuture.Quantiles(1, {0.5}), (std::vector<double>{10}));
}

TEST(SampledDemandTest, SumsAreThoseOfWholePaths) {
  EXPECT_EQ(kFuture.SumQuantiles(0, 2, {0, 0.5, 1}), (std::vector<double>{5, 11, 23}));  // not 1 + 0 and 5 + 20
}

TEST(SampledDemandTest, VarianceIsThatOfTheDraws) {
  EXPECT_DOUBLE_EQ(kFuture.Variance(0), 4);
  EXPECT_DOUBLE_EQ(kFuture.Variance(1), 100);
  EXPECT_EQ((SampledDemand{1, 1, {7}, {7}}).Variance(0), 0);
}

}  // namespace
}  // namespace kontor::nn
