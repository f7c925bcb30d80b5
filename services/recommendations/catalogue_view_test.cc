#include "services/recommendations/catalogue_view.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kontor::recommendations {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(CatalogueViewTest, TheHighestRevisionCounts) {
  CatalogueView view;
  view.Apply(catalogue::ProductSnapshot{
      .product = "A", .revision = 2, .title = "LANTERN", .category_path = {"HOME", "LIGHT"}});
  view.Apply(catalogue::ProductSnapshot{.product = "A", .revision = 1, .title = "OLD"});
  view.Apply(catalogue::ProductSnapshot{.product = "A", .revision = 2, .title = "SECOND"});
  EXPECT_EQ(view.Find("A").title, "LANTERN");
  EXPECT_EQ(view.Find("A").category, "HOME");
  EXPECT_EQ(view.NameOf("A"), "LANTERN");
  EXPECT_EQ(view.NameOf("B"), "B");
  EXPECT_EQ(view.Find("B").title, "");
}

TEST(CatalogueViewTest, RemovedProductsComeBackUnderAHigherRevision) {
  CatalogueView view;
  view.Apply(catalogue::ProductSnapshot{.product = "A", .revision = 0, .title = "LANTERN"});
  const uint64_t before = view.version();
  view.Apply(catalogue::ProductSnapshot{.product = "A", .revision = 1, .removed = true});
  EXPECT_GT(view.version(), before);
  EXPECT_FALSE(view.FactOf("A").sold);
  EXPECT_EQ(view.NameOf("A"), "LANTERN");
  view.Apply(catalogue::ProductSnapshot{.product = "A", .revision = 2, .title = "LANTERN II"});
  EXPECT_TRUE(view.FactOf("A").sold);
  EXPECT_EQ(view.NameOf("A"), "LANTERN II");
}

catalogue::PriceSnapshot Price(const std::string& product, int64_t revision, int64_t units,
                               const std::string& currency = "GBP") {
  catalogue::PriceSnapshot price;
  price.product = product;
  price.currency = currency;
  price.revision = revision;
  price.price = {units * base::Decimal::kOne};
  return price;
}

TEST(CatalogueViewTest, PricesByCurrencyAndRevision) {
  CatalogueView view;
  view.Apply(Price("A", 1, 5));
  view.Apply(Price("A", 0, 4));
  view.Apply(Price("A", 0, 6, "EUR"));
  const std::vector<ItemPrice> prices = view.FactOf("A").prices;
  ASSERT_EQ(prices.size(), 2u);
  EXPECT_EQ(prices[0].currency, CurrencyNumber("EUR"));
  EXPECT_EQ(prices[1].price, 5 * base::Decimal::kOne);
  EXPECT_EQ(prices[1].cost, kUnknownAmount);
  EXPECT_EQ(prices[1].valid_until_seconds, kForEver);
}

TEST(CatalogueViewTest, StockIsASumOverPlacesAndUnknownIsNotZero) {
  const absl::Time noon = absl::FromUnixSeconds(1323435000);
  const auto level = [&](const std::string& place, int64_t revision, int64_t units, absl::Time at) {
    return catalogue::StockLevel{"A", place, revision, 0, {units * base::Decimal::kOne}, at};
  };
  const auto change = [&](const std::string& id, int64_t units, absl::Time at) {
    return catalogue::StockChange{"A", "north", id, 0, 0, {units * base::Decimal::kOne}, at};
  };
  CatalogueView view;
  view.Apply(change("c-1", -1, noon + absl::Hours(1)));
  EXPECT_EQ(view.FactOf("A").stock_nanos, kUnknownAmount);
  view.Apply(level("north", 3, 5, noon));
  EXPECT_EQ(view.FactOf("A").stock_nanos, 4 * base::Decimal::kOne) << "corrected after the count";
  view.Apply(level("south", 0, 2, noon));
  view.Apply(level("north", 2, 50, noon + absl::Hours(9)));
  view.Apply(change("c-1", -1, noon + absl::Hours(1)));
  view.Apply(change("c-0", -9, noon));
  EXPECT_EQ(view.FactOf("A").stock_nanos, 6 * base::Decimal::kOne) << "lower revisions, repeats and what was counted";
  view.Apply(level("north", 4, 0, noon + absl::Hours(2)));
  EXPECT_EQ(view.FactOf("A").stock_nanos, 2 * base::Decimal::kOne) << "the count has the correction in it";
}

TEST(CatalogueViewTest, FingerprintsTellStatesNotWays) {
  CatalogueView one, other;
  const catalogue::ProductSnapshot lantern{.product = "A", .revision = 1, .title = "LANTERN", .brand = "B"};
  one.Apply(lantern);
  one.Apply(Price("A", 0, 1));
  one.Apply(Price("A", 1, 5));
  other.Apply(Price("A", 1, 5));
  const auto fingerprint = [](const CatalogueView& view) {
    return view.ChangesSince(0, [](absl::string_view, const CatalogueView::Told&) {}).fingerprint;
  };
  EXPECT_NE(fingerprint(one), fingerprint(other));
  other.Apply(lantern);
  EXPECT_EQ(fingerprint(one), fingerprint(other));
  EXPECT_NE(one.version(), other.version());
}

TEST(CatalogueViewTest, TellsWhatChangedSince) {
  CatalogueView view;
  const auto since = [&](uint64_t version) {
    std::vector<std::string> products;
    view.ChangesSince(version, [&](absl::string_view product, const CatalogueView::Told& told) {
      products.push_back(std::string(product) + (told.known ? "" : "?"));
    });
    return products;
  };
  view.Apply(catalogue::ProductSnapshot{.product = "A", .revision = 0});
  const uint64_t first = view.version();
  view.Apply(Price("B", 0, 1));
  view.Apply(Price("A", 0, 1));
  EXPECT_THAT(since(0), ElementsAre("A", "B?", "A"));
  EXPECT_THAT(since(first), ElementsAre("B?", "A"));
  EXPECT_THAT(since(view.version()), IsEmpty());
  for (int revision = 1; revision < 100'010; ++revision) view.Apply(Price("C", revision, revision));
  EXPECT_THAT(since(first), ::testing::UnorderedElementsAre("A", "B?", "C?")) << "too long ago: everything";
}

}  // namespace
}  // namespace kontor::recommendations
