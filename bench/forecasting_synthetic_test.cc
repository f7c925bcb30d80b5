#include "bench/forecasting_synthetic.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace kontor::bench {
namespace {

double Sum(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

// The check sums that were published with the generator.
TEST(SyntheticDailyTest, HasTheSameIntegersAsElsewhere) {
  const ForecastSet set = SyntheticDaily(1'000);
  const std::vector<double> first(set.train[0].begin(), set.train[0].begin() + 8);
  EXPECT_EQ(first, (std::vector<double>{659, 407, 406, 272, 324, 533, 349, 632}));
  EXPECT_EQ(Sum(set.train[0]), 374'803);
  EXPECT_EQ(Sum(set.train[1]), 130'513);
  EXPECT_EQ(Sum(set.train[999]), 36'127);
  double total = 0, largest = 0;
  for (const std::vector<double>& values : set.train) {
    total += Sum(values);
    largest = std::max(largest, *std::max_element(values.begin(), values.end()));
  }
  EXPECT_EQ(total, 200'686'041);
  EXPECT_EQ(largest, 1'412);
}

}  // namespace
}  // namespace kontor::bench
