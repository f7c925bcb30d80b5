#include "services/search/shop_search.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/testing/status_matchers.h"

namespace kontor::search {
namespace {

class ShopSearchTest : public ::testing::Test {
 protected:
  void Apply(decltype(DecodedRecord::content) content) {
    DecodedRecord record;
    record.occurred_at = absl::FromUnixSeconds(1'700'000'000);
    record.content = std::move(content);
    KONTOR_ASSERT_OK(shop_.Apply(record));
  }
  static catalogue::ProductSnapshot Drill(int64_t revision) {
    catalogue::ProductSnapshot product;
    product.product = "D1";
    product.revision = revision;
    product.title = "Cordless drill";
    product.category_path = {"Tools"};
    return product;
  }
  static catalogue::PriceSnapshot Price(const char* currency, int64_t revision) {
    catalogue::PriceSnapshot price;
    price.product = "D1";
    price.currency = currency;
    price.revision = revision;
    price.price.nanos = 79'000'000'000;
    return price;
  }

  ShopSearch shop_{*text::Analyzer::Create({}), nullptr};
};

TEST_F(ShopSearchTest, TextsAreThoseThatSomethingIsLearnedFrom) {
  EXPECT_EQ(shop_.texts(), 0u);
  Apply(Drill(1));
  EXPECT_EQ(shop_.texts(), 1u);
  Apply(Drill(2));
  Apply(Price("EUR", 1));
  catalogue::ProductSnapshot described = Drill(3);
  described.description = "With two batteries";
  Apply(described);
  EXPECT_EQ(shop_.texts(), 1u) << "neither a repeated feed nor prices and descriptions are learned from";
  EXPECT_EQ(shop_.records(), 4u);
  catalogue::ProductSnapshot attributed = Drill(4);
  attributed.attributes = {{"voltage", "18", true}};
  Apply(attributed);
  EXPECT_EQ(shop_.texts(), 2u);
  Apply(Drill(3));
  EXPECT_EQ(shop_.texts(), 2u) << "an older revision changes nothing";
  catalogue::ProductSnapshot removed;
  removed.product = "D1";
  removed.revision = 5;
  removed.removed = true;
  Apply(removed);
  EXPECT_EQ(shop_.texts(), 3u);
}

TEST_F(ShopSearchTest, CompanionsSayWhatTheyWereLearnedFrom) {
  Apply(Drill(1));
  shop_.RefreshCompanions([] { return false; });
  EXPECT_EQ(shop_.companions()->texts, 1u);
  EXPECT_EQ(shop_.companions()->records, 1u);
  EXPECT_EQ(shop_.View()->documents(), 1u) << "what was learned from is visible";
}

TEST_F(ShopSearchTest, TheMainCurrencySurvivesASnapshotAndIsForgottenByAReset) {
  EXPECT_EQ(shop_.main_currency(), "");
  Apply(Drill(1));
  Apply(Price("SEK", 1));
  EXPECT_EQ(shop_.main_currency(), "SEK");
  const std::string saved = shop_.Save("here");
  const uint64_t texts = shop_.texts();
  shop_.Reset();
  EXPECT_EQ(shop_.main_currency(), "");
  KONTOR_ASSERT_OK_AND_ASSIGN(const std::string owner, shop_.Load(saved));
  EXPECT_EQ(owner, "here");
  EXPECT_EQ(shop_.main_currency(), "SEK");
  EXPECT_GT(shop_.texts(), texts) << "a loaded index is learned from";
}

TEST_F(ShopSearchTest, AShareOfTheProductsIsAlwaysTheSame) {
  ShopSearch quarter(*text::Analyzer::Create({}), nullptr, 0.25), same(*text::Analyzer::Create({}), nullptr, 0.25);
  for (int i = 0; i < 400; ++i) {
    DecodedRecord record;
    catalogue::ProductSnapshot product = Drill(1);
    product.product = absl::StrCat("p", i);
    record.content = product;
    KONTOR_ASSERT_OK(quarter.Apply(record));
    KONTOR_ASSERT_OK(same.Apply(record));
  }
  quarter.Commit();
  same.Commit();
  EXPECT_NEAR(static_cast<double>(quarter.View()->documents()), 100, 40);
  EXPECT_EQ(quarter.View()->documents(), same.View()->documents());
  const std::string saved = quarter.Save("here");
  KONTOR_ASSERT_OK(same.Load(saved).status());
  EXPECT_THAT(shop_.Load(saved), kontor::testing::StatusIs(absl::StatusCode::kDataLoss));
}

}  // namespace
}  // namespace kontor::search
