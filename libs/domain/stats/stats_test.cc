#include <gtest/gtest.h>

#include <cmath>

#include "libs/domain/stats/quantile.h"
#include "libs/domain/stats/wilson.h"

namespace kontor::stats {
namespace {

TEST(QuantileTest, InterpolatesAsTypeSeven) {
  // Positions (n - 1) p of 1, 2, 3, 4: 0.75 -> 1.75, 1.5 -> 2.5, 2.7 -> 3.7.
  EXPECT_DOUBLE_EQ(Quantile({4, 1, 3, 2}, 0.25), 1.75);
  EXPECT_DOUBLE_EQ(Quantile({4, 1, 3, 2}, 0.5), 2.5);
  EXPECT_DOUBLE_EQ(Quantile({4, 1, 3, 2}, 0.9), 3.7);
  EXPECT_DOUBLE_EQ(Quantile({4, 1, 3, 2}, 0), 1);
  EXPECT_DOUBLE_EQ(Quantile({4, 1, 3, 2}, 1), 4);
  EXPECT_DOUBLE_EQ(Quantile({7}, 0.3), 7);
  EXPECT_TRUE(std::isnan(Quantile({}, 0.5)));
}

TEST(WilsonTest, AgreesWithThePublishedExample) {
  // Newcombe 1998, Statistics in Medicine 17:857, table I, method 3: 81/263, 15/148, 0/20, 1/29.
  const struct {
    int64_t k, n;
    double low, high;
  } kCases[] = {{81, 263, .2553, .3662}, {15, 148, .0624, .1605}, {0, 20, .0000, .1611}, {1, 29, .0061, .1718}};
  for (const auto& c : kCases) {
    const Interval interval = WilsonInterval(c.k, c.n);
    EXPECT_NEAR(interval.low, c.low, 5e-5) << c.k << "/" << c.n;
    EXPECT_NEAR(interval.high, c.high, 5e-5) << c.k << "/" << c.n;
  }
}

TEST(WilsonTest, KnowsNothingWithoutTrials) {
  EXPECT_EQ(WilsonInterval(0, 0).low, 0);
  EXPECT_EQ(WilsonInterval(0, 0).high, 1);
  EXPECT_EQ(WilsonInterval(20, 20).high, 1);
}

}  // namespace
}  // namespace kontor::stats
