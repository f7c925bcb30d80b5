#include <algorithm>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/random.h"
#include "libs/platform/log/consumer.h"
#include "libs/testing/seed.h"
#include "libs/testing/status_matchers.h"
#include "services/recommendations/fact_rows.h"
#include "services/recommendations/impression_writer.h"
#include "services/recommendations/postgres_history_store.h"
#include "services/recommendations/product_rows.h"
#include "services/recommendations/purchase_writer.h"
#include "services/recommendations/subject_list.h"
#include "services/recommendations/test_database.h"
#include "services/recommendations/test_records.h"

// Prices, stock and impressions in PostgreSQL.
namespace kontor::recommendations {
namespace {

namespace ev = kontor::events::v1;
using kontor::testing::PrivatePostgres;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

ev::PriceSet Price(const std::string& product, int64_t revision, int64_t units, const std::string& currency = "GBP") {
  ev::PriceSet price;
  price.set_product_id(product);
  price.set_revision(revision);
  price.set_currency_code(currency);
  price.mutable_price()->set_units(units);
  if (units % 2 == 0) price.mutable_cost()->set_nanos(500'000'000);
  return price;
}

ev::StockLevelSet Level(const std::string& product, const std::string& location, int64_t revision, int64_t units) {
  ev::StockLevelSet level;
  level.set_product_id(product);
  level.set_location_id(location);
  level.set_revision(revision);
  level.mutable_on_hand()->mutable_value()->set_units(units);
  return level;
}

ev::StockAdjusted Adjusted(const std::string& id, int64_t revision, int64_t units) {
  ev::StockAdjusted adjusted;
  adjusted.set_adjustment_id(id);
  adjusted.set_revision(revision);
  adjusted.set_product_id("A");
  adjusted.set_location_id("north");
  adjusted.mutable_change()->mutable_value()->set_units(units);
  return adjusted;
}

class FactsTest : public ::testing::Test {
 protected:
  void Apply(const std::vector<std::string>& records) {
    KONTOR_ASSERT_OK(ApplyBatch(*pool_, writer_, records, effects_, "catalog"));
  }
  std::vector<std::string> Dump() {
    std::vector<std::string> dump;
    EXPECT_TRUE(ReadPrices(*pool_, [&](const std::string& shop, catalogue::PriceSnapshot p) {
                  dump.push_back(absl::StrCat(shop, " ", p.product, " ", p.currency, " ", p.revision, " ",
                                              p.price.nanos, " ", p.cost.has_value() ? p.cost->nanos : -1, " ",
                                              absl::FormatTime(p.valid_until)));
                }).ok());
    EXPECT_TRUE(ReadStockLevels(*pool_, [&](const std::string&, catalogue::StockLevel l) {
                  dump.push_back(absl::StrCat(l.product, " ", l.location, " ", l.revision, " ", l.free.nanos, " ",
                                              absl::ToUnixSeconds(l.counted_at)));
                }).ok());
    EXPECT_TRUE(ReadStockChanges(*pool_, [&](const std::string&, catalogue::StockChange c) {
                  dump.push_back(
                      absl::StrCat(c.product, " ", c.id, " ", c.location, " ", c.revision, " ", c.change.nanos));
                }).ok());
    return dump;
  }

  std::unique_ptr<postgres::Pool> pool_ = TestPool(PrivatePostgres::Shared().CreateDatabase());
  PurchaseWriter writer_{[](const std::set<PurchaseWriter::Subject>&) {}};
  log::Effects effects_;
};

TEST_F(FactsTest, TheHighestRevisionOfAKeyCounts) {
  Apply({RecordBytes(Price("A", 1, 2)), RecordBytes(Price("A", 0, 3)), RecordBytes(Price("A", 0, 4, "EUR")),
         RecordBytes(Level("A", "north", 0, 5)), RecordBytes(Adjusted("x", 0, -1))});
  EXPECT_THAT(effects_.dead_letters, IsEmpty());
  EXPECT_THAT(Dump(), ElementsAre("default A EUR 0 4000000000 500000000 infinite-future",
                                  "default A GBP 1 2000000000 500000000 infinite-future",
                                  "A north 0 5000000000 1323435000", "A x north 0 -1000000000"));
  Apply({RecordBytes(Price("A", 1, 9)), RecordBytes(Price("A", 1, 2)), RecordBytes(Level("A", "north", 0, 6))});
  ASSERT_EQ(effects_.dead_letters.size(), 2u);
  EXPECT_EQ(effects_.dead_letters[0].reason, "REVISION_CONFLICT");
  EXPECT_EQ(effects_.dead_letters[1].offset, 2);
}

TEST_F(FactsTest, StateIsAFunctionOfTheSetOfRecords) {
  base::Random random(kontor::testing::Seed());
  std::vector<std::string> records;
  for (int i = 0; i < 80; ++i) {
    // The content is a function of key and revision, so that a revision never stands with two contents.
    const std::string product = absl::StrCat("p", random.Below(5));
    const auto revision = static_cast<int64_t>(random.Below(5));
    const auto units = revision * 10 + product[1] - '0';
    records.push_back(RecordBytes(Price(product, revision, units, random.Chance(0.5) ? "GBP" : "EUR")));
    records.push_back(RecordBytes(Level(product, random.Chance(0.5) ? "north" : "south", revision, units)));
    records.push_back(RecordBytes(Adjusted(product, revision, units)));
  }
  Apply(records);
  const std::vector<std::string> expected = Dump();
  ASSERT_THAT(expected, Not(IsEmpty()));
  for (int round = 0; round < 4; ++round) {
    KONTOR_ASSERT_OK(
        pool_->Exec("TRUNCATE recommendations.prices, recommendations.stock_levels, "
                    "recommendations.stock_changes"));
    std::vector<std::string> shuffled = records;
    shuffled.insert(shuffled.end(), records.begin(), records.begin() + 30);
    for (size_t i = shuffled.size(); i > 1; --i) std::swap(shuffled[i - 1], shuffled[random.Below(i)]);
    for (size_t begin = 0; begin < shuffled.size();) {
      const size_t end = std::min(shuffled.size(), begin + 1 + random.Below(40));
      Apply({shuffled.begin() + static_cast<int64_t>(begin), shuffled.begin() + static_cast<int64_t>(end)});
      EXPECT_THAT(effects_.dead_letters, IsEmpty());
      begin = end;
    }
    ASSERT_EQ(Dump(), expected) << "round " << round;
  }
}

TEST_F(FactsTest, ProductsKeepAllThatIsSaidOfThem) {
  ev::ProductUpserted product = Product("A", "LANTERN", {"HOME", "LIGHT"}, 4);
  product.set_brand("LUX");
  product.set_variant_group_id("g");
  product.set_supplier_id("s");
  product.set_description("it \"shines\"");
  product.mutable_available_at()->set_seconds(1323435000);
  for (const auto kind : {ev::ProductRelation::KIND_REQUIRES, ev::ProductRelation::KIND_ACCESSORY_OF}) {
    auto* relation = product.add_relations();
    relation->set_kind(kind);
    relation->set_product_id("B");
  }
  for (const char* value : {"a=b", ""}) {
    auto* attribute = product.add_attributes();
    attribute->set_name("x=y");
    attribute->set_text(value);
  }
  Apply({RecordBytes(product), RecordBytes(Product("B", "", {}))});
  std::vector<catalogue::ProductSnapshot> products;
  KONTOR_ASSERT_OK(
      ReadProducts(*pool_, [&](const std::string&, catalogue::ProductSnapshot p) { products.push_back(p); }));
  ASSERT_EQ(products.size(), 2u);
  EXPECT_EQ(products[0].variant_group, "g");
  EXPECT_EQ(products[0].seller, "s");
  EXPECT_EQ(products[0].available_at, absl::FromUnixSeconds(1323435000));
  ASSERT_EQ(products[0].attributes.size(), 2u);
  EXPECT_EQ(products[0].attributes[0].name, "x=y");
  EXPECT_EQ(products[0].attributes[0].value, "a=b");
  EXPECT_EQ(products[0].attributes[1].value, "");
  EXPECT_THAT(products[0].relations,
              ElementsAre(catalogue::ProductRelation{catalogue::RelationKind::kRequires, "B"},
                          catalogue::ProductRelation{catalogue::RelationKind::kAccessoryOf, "B"}));
  EXPECT_THAT(products[1].relations, IsEmpty());
  EXPECT_THAT(products[1].attributes, IsEmpty());
  EXPECT_FALSE(products[1].available_at.has_value());
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto rows,
                              pool_->Exec("SELECT description FROM recommendations.products WHERE product = 'A'"));
  EXPECT_EQ(rows.Text(0, 0), "it \"shines\"");
}

TEST(FactsMigrationTest, AnOlderCatalogueIsReadAgain) {
  postgres::PostgresOptions options;
  options.dsn = PrivatePostgres::Shared().CreateDatabase();
  const auto pool = *postgres::Pool::Create(options);
  const auto migrations = Migrations();
  KONTOR_ASSERT_OK(postgres::Migrate(*pool, "recommendations", absl::MakeConstSpan(migrations).first(1)));
  KONTOR_ASSERT_OK(log::MigrateConsumerSchema(*pool, "recommendations"));
  KONTOR_ASSERT_OK(
      pool->Exec("INSERT INTO recommendations.consumer_offsets (consumer_group, topic, partition, next_offset) "
                 "VALUES ('recommendations', 'catalog', 0, 7), ('recommendations', 'orders', 0, 9)"));
  KONTOR_ASSERT_OK(
      pool->Exec("INSERT INTO recommendations.products VALUES ('default', 'A', 3, 0, 'a', '{}', '', false)"));
  KONTOR_ASSERT_OK(postgres::Migrate(*pool, "recommendations", migrations));
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto rows,
                              pool->Exec("SELECT next_offset FROM recommendations.consumer_offsets ORDER BY topic"));
  EXPECT_EQ(rows.Int64(0, 0), 0);
  EXPECT_EQ(rows.Int64(1, 0), 9);
  PurchaseWriter writer([](const std::set<PurchaseWriter::Subject>&) {});
  log::Effects effects;
  KONTOR_ASSERT_OK(ApplyBatch(*pool, writer, {RecordBytes(Product("A", "LANTERN", {}, 3))}, effects, "catalog"));
  EXPECT_THAT(effects.dead_letters, IsEmpty());
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto product, pool->Exec("SELECT title, revision FROM recommendations.products"));
  EXPECT_EQ(product.Text(0, 0), "LANTERN");
}

class ImpressionWriterTest : public FactsTest {
 protected:
  void Behave(const std::vector<std::string>& records) {
    std::vector<log::LogRecord> batch;
    for (const std::string& bytes : records) {
      batch.push_back({static_cast<int64_t>(batch.size()), absl::UnixEpoch(), bytes});
    }
    KONTOR_ASSERT_OK(pool_->Run([&](postgres::Transaction& transaction) {
      log::Effects effects;
      return impressions_.Apply(transaction, {"behavior", 0, batch}, effects);
    }));
  }
  static std::string Shown(const std::vector<std::string>& products, const TestRecord& about) {
    ev::ItemsShown shown;
    for (const std::string& product : products) shown.add_product_ids(product);
    return RecordBytes(shown, about);
  }
  std::vector<std::string> ShownTo(const std::string& customer) {
    const auto found = PostgresHistoryStore(*pool_).Get(kTestShop, CustomerToken(customer));
    EXPECT_TRUE(found.ok()) << found.status();
    std::vector<std::string> texts;
    for (const auto& product : found->history->shown().products()) {
      texts.push_back(absl::StrCat(product.id, "*", product.weight));
    }
    std::sort(texts.begin(), texts.end());
    return texts;
  }

  ImpressionWriter impressions_;
};

TEST_F(ImpressionWriterTest, KeepsWhatWasShownUntilItIsLookedAt) {
  const TestRecord one{.customer = "1"};
  Behave({Shown({"A", "B"}, one), Shown({"A"}, one), "\xff", Shown({"C"}, {.customer = "2", .imported = true})});
  EXPECT_THAT(ShownTo("1"), ElementsAre("A*2", "B*1"));
  EXPECT_THAT(ShownTo("2"), IsEmpty()) << "imported: no longer live";
  Behave({RecordBytes(Viewed("A"), one), RecordBytes(Carted("B", false), one),
          RecordBytes(Viewed("A"), {.customer = "3"})});
  EXPECT_THAT(ShownTo("1"), ElementsAre("B*1"));
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto rows, pool_->Exec("SELECT count(*) FROM recommendations.impressions"));
  EXPECT_EQ(rows.Int64(0, 0), 1) << "who only looks takes no row";
  std::map<std::string, int64_t> times;
  KONTOR_ASSERT_OK(ReadExposures(
      *pool_, [&](const std::string&, const std::string& product, int64_t count) { times[product] = count; }));
  EXPECT_EQ(times, (std::map<std::string, int64_t>{{"A", 2}, {"B", 1}}));
}

TEST_F(ImpressionWriterTest, ForgetsAfterAMonth) {
  const absl::Time start = absl::FromUnixSeconds(1323435000);
  Behave({Shown({"A"}, {.customer = "1", .occurred_at = start})});
  Behave({Shown({"A"}, {.customer = "2", .occurred_at = start + absl::Hours(24 * 31)})});
  EXPECT_THAT(ShownTo("1"), IsEmpty());
  EXPECT_THAT(ShownTo("2"), ElementsAre("A*1"));
}

TEST_F(FactsTest, SubjectsInPages) {
  std::vector<std::string> orders;
  for (int c = 0; c < 7; ++c) {
    for (int o = 0; o < 2; ++o) {
      orders.push_back(RecordBytes(Order(absl::StrCat("o-", c, "-", o), {"A"}), {.customer = absl::StrCat(c)}));
    }
  }
  orders.push_back(RecordBytes(Order("o-nobody", {"A"})));
  KONTOR_ASSERT_OK(ApplyBatch(*pool_, writer_, orders, effects_));
  PostgresSubjectList list(*pool_);
  std::vector<std::string> all;
  for (;;) {
    KONTOR_ASSERT_OK_AND_ASSIGN(const auto page, list.After(kTestShop, all.empty() ? "" : all.back(), 3));
    all.insert(all.end(), page.begin(), page.end());
    if (page.size() < 3) break;
  }
  std::vector<std::string> expected;
  for (int c = 0; c < 7; ++c) expected.push_back(CustomerToken(absl::StrCat(c)));
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(all, expected);
}

}  // namespace
}  // namespace kontor::recommendations
