#include "services/recommendations/impressions.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kontor::recommendations {
namespace {

constexpr int64_t kDay = 86'400'000'000;

double WeightOf(const Impressions& impressions, const std::string& id, int64_t now) {
  for (const auto& product : impressions.products()) {
    if (product.id == id) return Impressions::WeightAt(product, now);
  }
  return 0;
}

TEST(ImpressionsTest, FadesByHalfInThreeDays) {
  Impressions impressions;
  impressions.Show({"A", "B"}, 0);
  impressions.Show({"A"}, 3 * kDay);
  EXPECT_DOUBLE_EQ(WeightOf(impressions, "A", 3 * kDay), 1.5);
  EXPECT_DOUBLE_EQ(WeightOf(impressions, "A", 6 * kDay), 0.75);
  EXPECT_DOUBLE_EQ(WeightOf(impressions, "B", 6 * kDay), 0.25);
  EXPECT_EQ(impressions.until_micros(), 3 * kDay);
}

TEST(ImpressionsTest, OrderOfArrivalDoesNotMatter) {
  Impressions one, other;
  one.Show({"A"}, kDay);
  one.Show({"A"}, 5 * kDay);
  other.Show({"A"}, 5 * kDay);
  other.Show({"A"}, kDay);
  EXPECT_DOUBLE_EQ(WeightOf(one, "A", 9 * kDay), WeightOf(other, "A", 9 * kDay));
}

TEST(ImpressionsTest, LookingForgetsWhatWasShownBefore) {
  Impressions impressions;
  impressions.Show({"A", "B"}, kDay);
  impressions.LookAt("A", 2 * kDay);
  impressions.LookAt("B", kDay / 2);
  EXPECT_EQ(WeightOf(impressions, "A", 2 * kDay), 0);
  EXPECT_GT(WeightOf(impressions, "B", 2 * kDay), 0) << "shown after that look";
}

TEST(ImpressionsTest, KeepsTheNewest) {
  Impressions impressions;
  for (int i = 0; i < 300; ++i) impressions.Show({absl::StrCat("p", i)}, i * kDay);
  EXPECT_EQ(impressions.products().size(), Impressions::kMostProducts);
  EXPECT_EQ(WeightOf(impressions, "p199", 300 * kDay), 0);
  EXPECT_GT(WeightOf(impressions, "p200", 300 * kDay), 0);
}

TEST(ImpressionsTest, OnePersonUnderTwoIdsWasShownBoth) {
  constexpr int64_t kDays = 86'400'000'000;
  Impressions customer, visitor;
  customer.Show({"A", "B"}, 10 * kDays);
  visitor.Show({"A", "C"}, 7 * kDays);
  customer.Merge(visitor);
  EXPECT_EQ(customer.until_micros(), 10 * kDays);
  ASSERT_EQ(customer.products().size(), 3u);
  for (const Impressions::Product& product : customer.products()) {
    const double weight = Impressions::WeightAt(product, 10 * kDays);
    // One of today, and one of three days before.
    EXPECT_DOUBLE_EQ(weight, product.id == "A" ? 1.5 : (product.id == "B" ? 1 : 0.5)) << product.id;
  }
}

}  // namespace
}  // namespace kontor::recommendations
