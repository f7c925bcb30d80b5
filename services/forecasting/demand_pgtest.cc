#include <algorithm>
#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/platform/postgres/migrate.h"
#include "libs/testing/private_postgres.h"
#include "libs/testing/status_matchers.h"
#include "services/forecasting/demand_store.h"
#include "services/forecasting/demand_writer.h"
#include "services/forecasting/migrations.h"
#include "services/forecasting/past.h"
#include "services/forecasting/test_records.h"

namespace kontor::forecasting {
namespace {

using kontor::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr int64_t kOne = 1'000'000'000;

class DemandTest : public ::testing::Test {
 protected:
  DemandTest() : pool_(*postgres::Pool::Create({.dsn = testing::PrivatePostgres::Shared().CreateDatabase()})) {
    EXPECT_TRUE(postgres::Migrate(*pool_, "forecasting", Migrations()).ok());
  }

  void Apply(const std::vector<std::string>& records, const std::string& topic = "orders") {
    std::vector<log::LogRecord> batch;
    for (const std::string& bytes : records) batch.push_back({next_++, absl::UnixEpoch(), bytes});
    effects_ = log::Effects();
    const absl::Status status = pool_->Run([&](postgres::Transaction& transaction) {
      return writer_.Apply(transaction, {topic, 0, batch}, effects_);
    });
    ASSERT_TRUE(status.ok()) << status;
  }
  DailySales SalesOf(const Selection& selection, int until = 400) {
    auto sales = store_.Sales(shop_, selection, "EUR", Day(until));
    EXPECT_TRUE(sales.ok()) << sales.status();
    return sales.ok() ? *sales : DailySales();
  }
  static std::string Order(const std::string& id, int day, const std::vector<Sold>& lines, int64_t revision = 0) {
    return RecordBytes(OrderOf(id, lines, revision), DayTime(day), "DE");
  }

  const std::unique_ptr<postgres::Pool> pool_;
  DemandStore store_{*pool_};
  DemandWriter writer_;
  log::Effects effects_;
  fleet::Shop shop_{"default", absl::UTCTimeZone()};
  int64_t next_ = 0;
};

TEST_F(DemandTest, StateIsAFunctionOfTheSetOfRecords) {
  const std::vector<std::string> records = {
      Order("1", 0, {{"a", 2}, {"b", 1}}), Order("1", 0, {{"a", 3}}, 2), Order("1", 0, {{"a", 9}}, 1),
      Order("2", 1, {{"a", 1}, {"c", 5}}), Order("3", 1, {{"b", 4}}),    RecordBytes(CancelledOf("3"), DayTime(2)),
      Order("3", 1, {{"b", 6}}, 1),        Order("4", 3, {{"a", 1, 7}}), Order("4", 3, {{"a", 1, 7}}),
  };
  std::mt19937 shuffle(7);
  for (int round = 0; round < 8; ++round) {
    std::vector<std::string> order = records;
    std::shuffle(order.begin(), order.end(), shuffle);
    ASSERT_TRUE(pool_->Exec("TRUNCATE forecasting.orders, forecasting.sales, forecasting.newest_orders").ok());
    const size_t half = order.size() / 2;
    Apply({order.begin(), order.begin() + static_cast<ptrdiff_t>(half)});
    Apply({order.begin() + static_cast<ptrdiff_t>(half), order.end()});
    const DailySales a = SalesOf({{"a"}});
    ASSERT_EQ(a.size(), 3u) << round;
    EXPECT_EQ(a.at(Day(0)).units, 3 * kOne);
    EXPECT_EQ(a.at(Day(1)).units, 1 * kOne);
    EXPECT_EQ(a.at(Day(3)).amount, 7 * kOne);
    EXPECT_THAT(SalesOf({{"b"}}), IsEmpty());
  }
}

TEST_F(DemandTest, AnotherContentOfTheSameRevisionIsADeadLetter) {
  Apply({Order("1", 0, {{"a", 2}})});
  Apply({Order("1", 0, {{"a", 5}})});
  ASSERT_EQ(effects_.dead_letters.size(), 1u);
  EXPECT_EQ(effects_.dead_letters[0].reason, "REVISION_CONFLICT");
  EXPECT_EQ(SalesOf({}).at(Day(0)).units, 2 * kOne);
  Apply({"no record"});
  ASSERT_EQ(effects_.dead_letters.size(), 1u);
  EXPECT_EQ(effects_.dead_letters[0].reason, "RECORD_BROKEN");
}

TEST_F(DemandTest, SelectionsAreByProductCategoryBrandStoreAndCountry) {
  Apply({RecordBytes(ProductOf("a", {"FOOD", "BREAD"}, "Mill"), DayTime(0)),
         RecordBytes(ProductOf("b", {"FOOD"}, "Mill"), DayTime(0)), RecordBytes(ProductOf("c", {"TOYS"}), DayTime(0))},
        "catalog");
  Apply({Order("1", 0, {{"a", 1}, {"b", 2}, {"c", 4}}),
         RecordBytes(OrderOf("2", {{"a", 8}, {"c", 16, 2, "KGM"}}, 0, "s1"), DayTime(0), "FR")});
  const auto units = [&](const Selection& selection) { return SalesOf(selection)[Day(0)].units / kOne; };
  EXPECT_EQ(units({}), 15);  // kilograms are not added to pieces
  EXPECT_EQ(units({.products = {"c"}}), 20);
  EXPECT_EQ(units({.category = {"FOOD"}}), 11);
  EXPECT_EQ(units({.category = {"FOOD", "BREAD"}}), 9);
  EXPECT_EQ(units({.brand = "Mill", .country = "FR"}), 8);
  EXPECT_EQ(units({.store = "s1"}), 8);
  EXPECT_EQ(units({.products = {"a", "b"}}), 11);
  auto categories = store_.SalesByCategory(shop_, Day(9));
  ASSERT_TRUE(categories.ok()) << categories.status();
  EXPECT_EQ(categories->size(), 3u);
  EXPECT_EQ((*categories)["FOOD"][Day(0)].units / kOne, 11);
  EXPECT_EQ((*categories)["FOOD\x1f"
                          "BREAD"][Day(0)]
                    .units /
                kOne,
            9);
}

TEST_F(DemandTest, ProductsComeInChunksInTheOrderOfTheirIds) {
  Apply({Order("1", 0, {{"d", 1}, {"b", 1}}), Order("2", 5, {{"a", 1}, {"c", 1}, {"b", 1}})});
  KONTOR_ASSERT_OK_AND_ASSIGN(auto first, store_.SalesByProduct(shop_, "", 2, Day(9)));
  ASSERT_EQ(first.size(), 2u);
  EXPECT_EQ(first.begin()->first, "a");
  EXPECT_EQ(first["b"].days.size(), 2u);
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto rest, store_.SalesByProduct(shop_, "b", 2, Day(9)));
  EXPECT_EQ(rest.size(), 2u);
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto early, store_.SalesByProduct(shop_, "", 9, Day(2)));
  EXPECT_EQ(early.size(), 2u);
}

TEST_F(DemandTest, DaysWithoutStockAreKnownFromTheLevels) {
  Apply({RecordBytes(LevelOf("a", 5, 1), DayTime(0)), RecordBytes(LevelOf("a", 0, 2), DayTime(3)),
         RecordBytes(LevelOf("a", 9, 3), DayTime(5)), RecordBytes(LevelOf("a", 0, 4), DayTime(8)),
         RecordBytes(LevelOf("b", 7, 1), DayTime(1))},
        "inventory");
  KONTOR_ASSERT_OK_AND_ASSIGN(auto days, store_.StockedOutDays(shop_, std::vector<std::string>{"a", "b"}, Day(9)));
  EXPECT_THAT(days["a"], ElementsAre(Day(3), Day(4), Day(5), Day(8), Day(9)));
  EXPECT_FALSE(days.contains("b"));
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto stock, store_.Stock("default"));
  EXPECT_EQ(stock.at("a"), 0);
  EXPECT_EQ(stock.at("b"), 7);
}

TEST_F(DemandTest, CostsCurrenciesAndTheNewestDay) {
  EXPECT_FALSE(store_.NewestDay(shop_)->has_value());
  Apply({RecordBytes(CostOf("a", 3), DayTime(0))}, "catalog");
  Apply({Order("1", 6, {{"a", 1}})});
  EXPECT_EQ(**store_.NewestDay(shop_), Day(6));
  EXPECT_EQ(*store_.MainCurrency("default"), "EUR");
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto costs, store_.Costs("default", "EUR"));
  EXPECT_EQ(costs.at("a"), 3 * kOne);
  const auto unknown = ReadPast(store_, shop_, {.products = {"z"}}, {.until = Day(9)});
  EXPECT_THAT(unknown, StatusIs(absl::StatusCode::kNotFound, "SERIES_UNKNOWN"));
}

}  // namespace
}  // namespace kontor::forecasting
