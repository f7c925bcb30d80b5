#include "services/recommendations/purchase_history.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/random.h"
#include "libs/testing/seed.h"
#include "libs/testing/status_matchers.h"

namespace kontor::recommendations {
namespace {

using ::testing::ElementsAre;

PurchaseHistory TwoOrders() {
  PurchaseHistoryBuilder builder;
  builder.SetPlace("France", "367");
  builder.Add("o-2", 4, 2'000'000, {"B", "C"});
  builder.Add("o-1", 0, 1'000'000, {"A", "B"});
  Impressions shown;
  shown.Show({"X", "Y"}, 7);
  builder.SetShown(shown);
  builder.SetVisitors({"v-1", "v-2"});
  builder.SetOwner(9);
  return std::move(builder).Build();
}

std::vector<std::string> ProductsOf(const PurchaseHistory& history, size_t order) {
  std::vector<std::string> products;
  for (const uint32_t row : history.NumbersOf(history.orders()[order])) products.push_back(history.products()[row]);
  return products;
}

TEST(PurchaseHistoryTest, SharesTheTableOfProducts) {
  const PurchaseHistory history = TwoOrders();
  EXPECT_THAT(history.products(), ElementsAre("B", "C", "A"));
  EXPECT_THAT(ProductsOf(history, 0), ElementsAre("B", "C"));
  EXPECT_THAT(ProductsOf(history, 1), ElementsAre("A", "B"));
}

TEST(PurchaseHistoryTest, SurvivesPacking) {
  KONTOR_ASSERT_OK_AND_ASSIGN(const PurchaseHistory read, UnpackHistory(PackHistory(TwoOrders())));
  EXPECT_EQ(read.country(), "France");
  EXPECT_EQ(read.store(), "367");
  ASSERT_EQ(read.shown().products().size(), 2u);
  EXPECT_EQ(read.shown().products()[1].id, "Y");
  EXPECT_EQ(read.shown().until_micros(), 7);
  EXPECT_THAT(read.visitors(), ElementsAre("v-1", "v-2"));
  EXPECT_EQ(read.owner(), 9u);
  ASSERT_EQ(read.orders().size(), 2u);
  EXPECT_EQ(read.orders()[0].order_id, "o-2");
  EXPECT_EQ(read.orders()[0].revision, 4);
  EXPECT_EQ(read.orders()[1].time_micros, 1'000'000);
  EXPECT_THAT(ProductsOf(read, 0), ElementsAre("B", "C"));
  EXPECT_THAT(ProductsOf(read, 1), ElementsAre("A", "B"));
}

TEST(PurchaseHistoryTest, BelievesNoBytes) {
  const std::string packed = PackHistory(TwoOrders());
  for (size_t cut = 0; cut < packed.size(); ++cut) {
    EXPECT_FALSE(UnpackHistory(packed.substr(0, cut)).ok()) << cut;
  }
  EXPECT_FALSE(UnpackHistory(packed + "x").ok());
  base::Random random(kontor::testing::Seed());
  for (int i = 0; i < 2000; ++i) {
    std::string flipped = packed;
    flipped[random.Below(flipped.size())] ^= static_cast<char>(1 + random.Below(255));
    const absl::StatusOr<PurchaseHistory> read = UnpackHistory(flipped);
    if (!read.ok()) continue;
    for (size_t order = 0; order < read->orders().size(); ++order) ProductsOf(*read, order);  // in bounds: ASan
  }
}

}  // namespace
}  // namespace kontor::recommendations
