#include "libs/domain/search/margin_order.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/random.h"
#include "libs/testing/seed.h"

namespace kontor::search {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

double Discounted(absl::Span<const MarginItem> items, const std::vector<size_t>& order, double MarginItem::*value) {
  double sum = 0;
  for (size_t place = 0; place < order.size(); ++place) {
    if (!items[order[place]].fixed) sum += items[order[place]].*value / std::log2(static_cast<double>(place) + 2);
  }
  return sum;
}

TEST(MarginOrderTest, TradesWithinTheBoundAndSaysWhatItCost) {
  // Swapping the first two: relevance 1 + .9 / log2(3) = 1.567837 becomes .9 + 1 / log2(3) = 1.530930, 2.35% less.
  const std::vector<MarginItem> items = {{1, 1}, {.9, 3}, {.1, 0}};
  const MarginOrder kept = OrderByMargin(items, .02);
  EXPECT_THAT(kept.order, ElementsAre(0, 1, 2));
  EXPECT_EQ(kept.relevance_loss, 0);
  EXPECT_EQ(kept.margin_after, kept.margin_before);
  const MarginOrder traded = OrderByMargin(items, .03);
  EXPECT_THAT(traded.order, ElementsAre(1, 0, 2));
  EXPECT_NEAR(traded.relevance_loss, 1 - (.9 + 1 / std::log2(3) + .05) / (1 + .9 / std::log2(3) + .05), 1e-12);
  EXPECT_NEAR(traded.margin_before, 1 + 3 / std::log2(3), 1e-12);
  EXPECT_NEAR(traded.margin_after, 3 + 1 / std::log2(3), 1e-12);
}

TEST(MarginOrderTest, WhatIsFixedStaysAndEqualsMoveForNothing) {
  EXPECT_THAT(OrderByMargin({{5, 0, true}, {1, 1}, {1, 2}, {0, 9, true}}, 0).order, ElementsAre(0, 2, 1, 3));
  EXPECT_THAT(OrderByMargin({}, .5).order, IsEmpty());
  EXPECT_THAT(OrderByMargin({{1, 0}, {.5, 0}}, 1).order, ElementsAre(0, 1));  // no margin is known
  EXPECT_THAT(OrderByMargin({{0, 0}, {0, 1}}, 0).order, ElementsAre(1, 0));
}

TEST(MarginOrderTest, KeepsTheBoundAndComesCloseToTheBestOfAllOrders) {
  base::Random random(kontor::testing::Seed());
  double gained = 0, best_gained = 0;
  for (int round = 0; round < 200; ++round) {
    std::vector<MarginItem> items(6);
    for (MarginItem& item : items) item = {std::exp(-3 * random.Uniform()), random.Uniform(), random.Below(8) == 0};
    std::sort(items.begin(), items.end(), [](const auto& a, const auto& b) { return a.relevance > b.relevance; });
    const double max_loss = .2 * random.Uniform();
    const MarginOrder traded = OrderByMargin(items, max_loss);
    std::vector<size_t> order(items.size());
    std::iota(order.begin(), order.end(), size_t{0});
    const double relevance = Discounted(items, order, &MarginItem::relevance);
    const double margin = Discounted(items, order, &MarginItem::margin);
    const double left = Discounted(items, traded.order, &MarginItem::relevance);
    ASSERT_GE(left, relevance * (1 - max_loss) - 1e-9) << "round " << round;
    ASSERT_NEAR(traded.relevance_loss, std::max(0.0, 1 - left / relevance), 1e-9);
    ASSERT_NEAR(traded.margin_after, Discounted(items, traded.order, &MarginItem::margin), 1e-9);
    double best = margin;
    do {
      bool allowed = Discounted(items, order, &MarginItem::relevance) >= relevance * (1 - max_loss);
      for (size_t i = 0; i < items.size(); ++i) allowed &= !items[i].fixed || order[i] == i;
      if (allowed) best = std::max(best, Discounted(items, order, &MarginItem::margin));
    } while (std::next_permutation(order.begin(), order.end()));
    ASSERT_LE(traded.margin_after, best + 1e-9);
    gained += traded.margin_after - margin;
    best_gained += best - margin;
  }
  EXPECT_GT(gained, .95 * best_gained);
}

}  // namespace
}  // namespace kontor::search
