#include "libs/domain/recommendations/candidates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "libs/base/random.h"

namespace kontor::recommendations {
namespace {

// The `limit` largest by sorting, smaller numbers first among equals, ascending by number.
template <typename F>
std::vector<uint32_t> Sorted(const std::vector<float>& values, size_t limit, F wanted) {
  std::vector<uint32_t> order;
  for (uint32_t i = 0; i < values.size(); ++i) {
    if (values[i] > 0 && wanted(i)) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return values[a] > values[b]; });
  order.resize(std::min(limit, order.size()));
  std::sort(order.begin(), order.end());
  return order;
}

TEST(ScoreVectorTest, TheBestAreThoseOfASortHoweverManyThereAreAndWhoeverIsWanted) {
  base::Random random(5);
  for (const size_t size : {10u, 1'000u, 20'000u}) {
    ScoreVector scores;
    scores.Resize(size);
    std::vector<float> values(size, 0);
    for (size_t i = 0; i < size; ++i) {  // many equal ones
      const auto index = static_cast<uint32_t>(random.Below(size));
      const auto value = static_cast<float>(random.Below(50));
      values[index] += value;
      scores.Add(index, value);
    }
    for (const size_t limit : {size_t{1}, size_t{100}, size / 2}) {
      for (const uint32_t of : {1u, 3u, 500u}) {
        const auto wanted = [&](uint32_t index) { return index % of == 0; };
        std::vector<uint32_t> best;
        scores.Best(limit, wanted, best);
        std::sort(best.begin(), best.end());
        EXPECT_EQ(best, Sorted(values, limit, wanted)) << size << " " << limit << " " << of;
      }
    }
  }
}

TEST(ScoreVectorTest, AddAllIsAddOneByOne) {
  const std::vector<uint32_t> indices = {4, 1, 4, 0};
  const std::vector<float> values = {1, 2, 0.5F, 0};
  ScoreVector one, all;
  one.Resize(5);
  all.Resize(5);
  for (size_t i = 0; i < indices.size(); ++i) one.Add(indices[i], 2 * values[i]);
  all.AddAll(indices, values, 2);
  for (uint32_t index = 0; index < 5; ++index) EXPECT_EQ(all[index], one[index]);
  EXPECT_THAT(all.touched(), testing::ElementsAre(4, 1)) << "what sums to 0 is not touched";
}

}  // namespace
}  // namespace kontor::recommendations
