#include "libs/domain/stats/latency_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/random.h"

namespace kontor::stats {
namespace {

TEST(LatencyHistogramTest, EmptyIsZero) {
  const LatencyHistogram histogram;
  EXPECT_EQ(histogram.count(), 0);
  EXPECT_EQ(histogram.Quantile(0.5), 0);
  EXPECT_EQ(histogram.mean(), 0);
}

TEST(LatencyHistogramTest, SmallValuesAreExact) {
  LatencyHistogram histogram;
  for (int64_t value = 1; value <= 100; ++value) histogram.Record(value);
  EXPECT_EQ(histogram.Quantile(0), 1);
  EXPECT_EQ(histogram.Quantile(0.5), 50);
  EXPECT_EQ(histogram.Quantile(0.99), 99);
  EXPECT_EQ(histogram.Quantile(1), 100);
  EXPECT_EQ(histogram.max(), 100);
  EXPECT_DOUBLE_EQ(histogram.mean(), 50.5);
}

TEST(LatencyHistogramTest, TakesTheWholeRange) {
  LatencyHistogram histogram;
  histogram.Record(-5);
  histogram.Record(std::numeric_limits<int64_t>::max());
  EXPECT_EQ(histogram.Quantile(0.5), 0);
  EXPECT_NEAR(static_cast<double>(histogram.Quantile(1)), 9.223372e18, 9.3e18 / 256);
}

TEST(LatencyHistogramTest, QuantilesAreWithinHalfAPercentAndMergingIsAdding) {
  const uint64_t seed = 5;
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  base::Random random(seed);
  LatencyHistogram all, first, second;
  std::vector<int64_t> values;
  for (int i = 0; i < 100'000; ++i) {
    const auto value = static_cast<int64_t>(std::exp(12 + 2 * random.Normal()));
    values.push_back(value);
    all.Record(value);
    (i % 3 == 0 ? first : second).Record(value);
  }
  first.Merge(second);
  std::sort(values.begin(), values.end());
  for (double p : {0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto rank = static_cast<size_t>(std::ceil(p * 100'000));
    const auto exact = static_cast<double>(values[rank - 1]);
    EXPECT_NEAR(static_cast<double>(all.Quantile(p)), exact, exact / 250) << p;
    EXPECT_EQ(first.Quantile(p), all.Quantile(p)) << p;
  }
  EXPECT_EQ(first.count(), 100'000);
  EXPECT_EQ(first.max(), values.back());
}

}  // namespace
}  // namespace kontor::stats
