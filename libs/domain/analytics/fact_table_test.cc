#include "libs/domain/analytics/fact_table.h"

#include <atomic>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/domain/analytics/test_facts.h"
#include "libs/testing/status_matchers.h"

namespace kontor::analytics {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(FactTable, TheHighestRevisionCountsAsAWhole) {
  FactTable table(absl::UTCTimeZone());
  DocumentFact first = Order("1", At(3, 1), {LineOf("a", 10), LineOf("b", 5)});
  DocumentFact second = Order("1", At(3, 2), {LineOf("a", 7)});
  second.revision = 4;
  EXPECT_EQ(table.Apply(second), Outcome::kApplied);
  EXPECT_EQ(table.Apply(first), Outcome::kStale);
  EXPECT_EQ(table.Apply(second), Outcome::kDuplicate);
  Query query = Ask({"revenue", "orders", "lines"});
  query.grain = Grain::kDay;
  EXPECT_THAT(Print(table.Run(query)), ElementsAre("2011-03-02: 7 1 1", "total: 7 1 1"));
}

TEST(FactTable, OtherContentOfTheSameRevisionIsAConflictAndTheFirstStays) {
  FactTable table(absl::UTCTimeZone());
  DocumentFact fact = Order("1", At(3, 1), {LineOf("a", 10)});
  table.Apply(fact);
  const uint64_t version = table.version();
  fact.fingerprint = 2;
  fact.lines[0].amount = Units(99);
  EXPECT_EQ(table.Apply(fact), Outcome::kConflict);
  EXPECT_EQ(table.version(), version);
  EXPECT_THAT(Print(table.Run(Ask({"revenue"}))), ElementsAre(": 10", "total: 10"));
}

TEST(FactTable, ACancellationIsTerminalAndMayComeFirst) {
  FactTable table(absl::UTCTimeZone());
  EXPECT_EQ(table.Apply(CancellationFact{"1", At(3, 5)}), Outcome::kApplied);
  EXPECT_THAT(Print(table.Run(Ask({"cancelled_orders"}))), ElementsAre(": 0", "total: 0"));
  table.Apply(Order("1", At(3, 1), {LineOf("a", 10)}));
  DocumentFact later = Order("1", At(3, 1), {LineOf("a", 12)});
  later.revision = 1;
  table.Apply(later);
  const Query query = Ask(
      {"gross_revenue", "cancelled_revenue", "revenue", "net_revenue", "orders", "cancelled_orders", "lines", "aov"});
  EXPECT_THAT(Print(table.Run(query)), ElementsAre(": 12 12 0 0 0 1 0 null", "total: 12 12 0 0 0 1 0 null"));
}

TEST(FactTable, BeforeItsCancellationAnOrderWasGood) {
  FactTable table(absl::UTCTimeZone());
  table.Apply(Order("1", At(3, 1), {LineOf("a", 10)}));
  table.Apply(CancellationFact{"1", At(3, 5)});
  EXPECT_EQ(table.Apply(CancellationFact{"1", At(3, 7)}), Outcome::kDuplicate);
  Query query = Ask({"revenue", "orders"});
  query.as_of = At(3, 4);
  EXPECT_THAT(Print(table.Run(query)), ElementsAre(": 10 1", "total: 10 1"));
  query.as_of = At(3, 5);
  EXPECT_THAT(Print(table.Run(query)), ElementsAre(": 0 0", "total: 0 0"));
}

TEST(FactTable, ReturnsCountOnTheirDayOrOnTheSalesOnceItIsKnown) {
  FactTable table(absl::UTCTimeZone());
  table.Apply(Return("r1", "1", At(4, 2), {LineOf("a", 3)}));
  Query query = Ask({"net_revenue", "returns"});
  query.grain = Grain::kMonth;
  query.returns_by = ReturnsBy::kSaleDay;
  EXPECT_THAT(Print(table.Run(query)), ElementsAre("2011-04-01: -3 3", "total: -3 3"));
  table.Apply(Order("1", At(3, 1), {LineOf("a", 10)}));
  EXPECT_THAT(Print(table.Run(query)), ElementsAre("2011-03-01: 7 3", "total: 7 3"));
  query.returns_by = ReturnsBy::kReturnDay;
  EXPECT_THAT(Print(table.Run(query)), ElementsAre("2011-03-01: 10 0", "2011-04-01: -3 3", "total: 7 3"));
}

TEST(FactTable, AdjustmentsAndStockCorrectionsAreNoSales) {
  FactTable table(absl::UTCTimeZone());
  table.Apply(Order("1", At(3, 1), {LineOf("a", 10, 4), LineOf("b", 0)}));
  table.Apply(Document(DocumentKind::kAdjustment, "1", At(3, 1), {LineOf("", -2)}));
  table.Apply(Document(DocumentKind::kStockCorrection, "1", At(3, 1), {LineOf("a", 0, -9)}));
  const Query query = Ask({"revenue", "adjustments", "net_revenue", "units", "lines", "paid_lines", "adjustment_lines",
                           "stock_corrections"});
  EXPECT_THAT(Print(table.Run(query)), ElementsAre(": 10 -2 8 5 2 1 1 1", "total: 10 -2 8 5 2 1 1 1"));
}

TEST(FactTable, OtherUnitsThanPiecesAreNotAdded) {
  FactTable table(absl::UTCTimeZone());
  LineFact fuel = LineOf("fuel", 50, 89'638);
  fuel.pieces = false;
  table.Apply(Order("1", At(3, 1), {LineOf("a", 10, 2), fuel}));
  EXPECT_THAT(Print(table.Run(Ask({"units", "revenue"}))), ElementsAre(": 2 60", "total: 2 60"));
}

// 10 − 4 and 30 − 20 over lines with a cost, 100 without: margin 16 of 40.
TEST(FactTable, MarginKnowsOnlyLinesWithACost) {
  FactTable table(absl::UTCTimeZone());
  DocumentFact order = Order("1", At(3, 1), {LineOf("a", 10), LineOf("b", 30), LineOf("c", 100)});
  order.lines[0].cost = Units(4);
  order.lines[1].cost = Units(20);
  table.Apply(order);
  EXPECT_THAT(Print(table.Run(Ask({"cost", "margin", "margin_rate", "revenue"}))),
              ElementsAre(": 24 16 0.400000 140", "total: 24 16 0.400000 140"));
}

TEST(FactTable, DistinctCountsOfRowsDoNotAddUpToTheTotal) {
  FactTable table(absl::UTCTimeZone());
  for (const char* id : {"1", "2"}) {
    DocumentFact order = Order(id, At(3, 1), {LineOf("a", 1), LineOf("a", 1), LineOf("b", 1)});
    order.customer = "u";
    table.Apply(order);
  }
  EXPECT_THAT(Print(table.Run(Ask({"orders", "buyers", "lines"}, {"product"}))),
              ElementsAre("a: 2 1 4", "b: 2 1 2", "total: 2 1 6"));
}

TEST(FactTable, ProductsAreJoinedWhenRead) {
  FactTable table(absl::UTCTimeZone());
  table.Apply(Order("1", At(3, 1), {LineOf("a", 1), LineOf("b", 2)}));
  EXPECT_EQ(table.Apply(ProductFact{"a", 2, 1, {"Garden", "Pots"}, "Terra"}), Outcome::kApplied);
  EXPECT_EQ(table.Apply(ProductFact{"a", 1, 1, {"Old"}, ""}), Outcome::kStale);
  EXPECT_EQ(table.Apply(ProductFact{"a", 2, 2, {"Other"}, ""}), Outcome::kConflict);
  EXPECT_THAT(Print(table.Run(Ask({"revenue"}, {"department", "category", "brand"}))),
              ElementsAre("||: 2", "Garden|Garden > Pots|Terra: 1", "total: 3"));
}

TEST(FactTable, DaysAndHoursAreTheShops) {
  absl::TimeZone zone;
  ASSERT_TRUE(absl::LoadTimeZone("Europe/London", &zone));
  FactTable table(zone);
  table.Apply(Order("1", At(6, 30, 23), {LineOf("a", 1)}));  // 00:00 on 1 July in summer time
  // 2011-10-30: 01:00 is there twice, 00:30 and 01:30 UTC.
  table.Apply(Order("2", At(10, 30, 0) + absl::Minutes(30), {LineOf("a", 2)}));
  table.Apply(Order("3", At(10, 30, 1) + absl::Minutes(30), {LineOf("a", 4)}));
  Query query = Ask({"revenue"});
  query.grain = Grain::kHour;
  EXPECT_THAT(Print(table.Run(query)), ElementsAre("2011-07-01T00: 1", "2011-10-30T01: 6", "total: 7"));
}

// Sessions s1 (orders), s2 and an order from outside of any session: 2 orders' sessions of 2.
TEST(FactTable, BehaviorIsCountedOnceAnEvent) {
  FactTable table(absl::UTCTimeZone());
  table.Apply(Event("1", BehaviorType::kImpression, "s1", {"a", "b", "c"}));
  EXPECT_EQ(table.Apply(Event("1", BehaviorType::kImpression, "s1", {"a", "b", "c"})), Outcome::kDuplicate);
  table.Apply(Event("2", BehaviorType::kClick, "s1", {"a"}));
  table.Apply(Event("3", BehaviorType::kSearch, "s2"));
  table.Apply(Event("4", BehaviorType::kCampaignTouch, "mail"));
  DocumentFact order = Order("1", At(3, 1), {LineOf("a", 1)});
  order.session = "s1";
  table.Apply(order);
  table.Apply(Order("2", At(3, 1), {LineOf("a", 1)}));
  EXPECT_THAT(Print(table.Run(Ask({"sessions", "impressions", "clicks", "searches", "ctr", "conversion"}))),
              ElementsAre(": 2 3 1 1 0.333333 1.000000", "total: 2 3 1 1 0.333333 1.000000"));
  EXPECT_THAT(Print(table.Run(Ask({"ctr"}, {"product"}))),
              ElementsAre("a: 1.000000", "b: 0.000000", "c: 0.000000", "total: 0.333333"));
}

TEST(FactTable, LateAndRefusedEventsAreCounted) {
  FactTable table(absl::UTCTimeZone());
  DocumentFact late = Order("1", At(3, 1, 10), {LineOf("a", 1)});
  late.received_at = At(3, 1, 12);
  table.Apply(late);
  DocumentFact imported = late;
  imported.id = "2";
  imported.imported = true;
  table.Apply(imported);
  const RefusalFact refusal{"web", "e1", "NEGATIVE_PRICE", 3, At(3, 1)};
  EXPECT_EQ(table.Apply(refusal), Outcome::kApplied);
  EXPECT_EQ(table.Apply(refusal), Outcome::kDuplicate);
  EXPECT_THAT(Print(table.Run(Ask({"late_events"}))), ElementsAre(": 1", "total: 1"));
  EXPECT_THAT(Print(table.Run(Ask({"refused_events"}, {"source", "reason"}))),
              ElementsAre("web|NEGATIVE_PRICE: 3", "total: 3"));
  EXPECT_EQ(table.Statistics().late_events, 1);
  EXPECT_EQ(table.Statistics().refused_events, 3);
}

TEST(FactTable, SeveralCurrenciesAreNeverAddedSilently) {
  FactTable table(absl::UTCTimeZone());
  table.Apply(Order("1", At(3, 1), {LineOf("a", 1)}));
  DocumentFact euros = Order("2", At(3, 1), {LineOf("a", 2)});
  euros.currency = "EUR";
  table.Apply(euros);
  const auto refused = table.Run(Ask({"aov"}));
  EXPECT_THAT(refused, testing::StatusIs(absl::StatusCode::kInvalidArgument, "SEVERAL_CURRENCIES"));
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("EUR, GBP"));
  EXPECT_THAT(Print(table.Run(Ask({"orders"}))), ElementsAre(": 2", "total: 2"));
  EXPECT_THAT(Print(table.Run(Ask({"revenue", "orders"}, {"currency"}))),
              ElementsAre("EUR: 2 1", "GBP: 1 1", "total: null 2"));
  Query query = Ask({"revenue"});
  query.filters = {{"currency", {"GBP"}, true}};
  const auto result = table.Run(query);
  EXPECT_THAT(Print(result), ElementsAre(": 2", "total: 2"));
  EXPECT_EQ(result->currency, "EUR");
}

TEST(FactTable, RowsAreOrderedAsAskedWithNullsLast) {
  FactTable table(absl::UTCTimeZone());
  for (const auto& [id, country, amount] : {std::tuple("1", "a", 5), {"2", "b", 9}, {"3", "c", 5}}) {
    DocumentFact order = Order(id, At(3, 1), {LineOf("p", amount)});
    order.country = country;
    table.Apply(order);
  }
  DocumentFact only_return = Return("r", "", At(3, 1), {LineOf("p", 1)});
  only_return.country = "A";
  table.Apply(only_return);
  Query query = Ask({"aov", "returns"}, {"country"});
  query.order_by = {"aov", true};
  EXPECT_THAT(Print(table.Run(query)), ElementsAre("b: 9 0", "a: 5 0", "c: 5 0", "A: null 1", "total: 6.333333333 1"));
  query.order_by = {"country", true};
  EXPECT_THAT(Print(table.Run(query)), ElementsAre("c: 5 0", "b: 9 0", "a: 5 0", "A: null 1", "total: 6.333333333 1"));
}

TEST(FactTable, WithoutFactsThereIsStillAnAnswer) {
  FactTable table(absl::UTCTimeZone());
  EXPECT_THAT(Print(table.Run(Ask({"revenue", "orders", "aov"}))), ElementsAre(": 0 0 null", "total: 0 0 null"));
  Query query = Ask({"revenue"}, {"product"});
  query.grain = Grain::kWeek;
  EXPECT_THAT(Print(table.Run(query)), ElementsAre("total: 0"));
  EXPECT_EQ(table.version(), 0u);
}

TEST(FactTable, AsOfIsTheNewestFactUnlessAsked) {
  FactTable table(absl::UTCTimeZone());
  table.Apply(Order("1", At(3, 1), {LineOf("a", 1)}));
  table.Apply(Order("2", At(2, 1), {LineOf("a", 1)}));
  Query query = Ask({"orders"});
  EXPECT_EQ(table.Run(query)->as_of, At(3, 1));
  EXPECT_EQ(table.Run(query)->version, 2u);
  query.as_of = At(2, 20);
  EXPECT_EQ(table.Run(query)->as_of, At(2, 20));
  EXPECT_THAT(Print(table.Run(query)), ElementsAre(": 1", "total: 1"));
}

// 17 bits each for hour, customer, product and store: 68.
TEST(FactTable, WideKeysAnswerLikeNarrowOnes) {
  FactTable table(absl::UTCTimeZone());
  for (int i = 0; i < 70'000; ++i) {
    const std::string id = std::to_string(i);
    DocumentFact order = Order(id, At(3, 1) + absl::Hours(i), {LineOf("p" + id, i)});
    order.customer = "u" + id;
    order.store = "s" + id;
    table.Apply(order);
  }
  Query query = Ask({"revenue"}, {"customer", "product", "store"});
  query.grain = Grain::kHour;
  query.filters = {{"store", {"s4", "s69999"}}};
  query.order_by = {"revenue", true};
  EXPECT_THAT(Print(table.Run(query)),
              ElementsAre("2019-02-24T03|u69999|p69999|s69999: 69999", "2011-03-01T16|u4|p4|s4: 4", "total: 70003"));
}

TEST(FactTable, ReadersSeeBatchesWhole) {
  FactTable table(absl::UTCTimeZone());
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (int i = 0; i < 300; ++i) {
      const std::string id = std::to_string(i);
      table.ApplyBatch({Order("a" + id, At(3, 1), {LineOf("p", 1)}), Order("b" + id, At(3, 1), {LineOf("q", 1)})});
    }
    done = true;
  });
  int64_t last = 0;
  while (!done) {
    const auto result = table.Run(Ask({"orders"}));
    ASSERT_TRUE(result.ok());
    const auto orders = static_cast<int64_t>(result->metrics[0].total.exact);
    EXPECT_EQ(orders % 2, 0);
    EXPECT_GE(orders, last);
    last = orders;
  }
  writer.join();
  EXPECT_EQ(table.version(), 600u);
}

}  // namespace
}  // namespace kontor::analytics
