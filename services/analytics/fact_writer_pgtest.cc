#include "gmock/gmock.h"
#include "services/analytics/decode.h"
#include "services/analytics/durable_view_fixture.h"
#include "services/analytics/fact_writer.h"
#include "services/analytics/sample_records.h"

namespace kontor::analytics {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class FactWriterTest : public DurableViewFixture {
 protected:
  void SetUp() override { OpenDatabase(kontor::testing::PrivatePostgres::Shared().CreateDatabase()); }

  // One pass of a consumer over the log.
  void Consume(int batch_records = 4000) { Drain(*StartConsumer(batch_records)); }

  std::vector<std::string> DeadLetters() {
    return Rows("SELECT topic, log_offset, reason FROM analytics.dead_letters ORDER BY topic, log_offset");
  }

  static constexpr char kDocuments[] =
      "SELECT id, revision, amount, line_count FROM analytics.documents ORDER BY shop, kind, id";
  static constexpr char kLines[] =
      "SELECT d.id, l.line_no, l.product, l.amount FROM analytics.lines l JOIN analytics.documents d USING (document) "
      "ORDER BY 1, 2";
};

TEST_F(FactWriterTest, TheHighestRevisionReplacesItsLines) {
  for (const int batch_records : {1, 4000}) {  // one by one, then all within one batch
    const std::string id = absl::StrCat("o", batch_records);
    Append(fleet::kOrders, id, MakeRecord(MakeOrder(id, 1, {{"p1", 1, 100}, {"p2", 1, 50}}), {}));
    Append(fleet::kOrders, id, MakeRecord(MakeOrder(id, 3, {{"p3", 2, 70}}), {}));
    Append(fleet::kOrders, id, MakeRecord(MakeOrder(id, 2, {{"p4", 1, 999}}), {}));
    Consume(batch_records);
  }
  EXPECT_THAT(Rows(kDocuments), ElementsAre("o1|3|0.7|1", "o4000|3|0.7|1"));
  EXPECT_THAT(Rows(kLines), ElementsAre("o1|1|p3|0.7", "o4000|1|p3|0.7"));
  EXPECT_THAT(DeadLetters(), IsEmpty());
}

TEST_F(FactWriterTest, OtherContentOfARevisionIsADeadLetter) {
  for (const int batch_records : {1, 4000}) {
    const std::string id = absl::StrCat("o", batch_records);
    Append(fleet::kOrders, id, MakeRecord(MakeOrder(id, 1, {{"p1", 1, 100}}), {.event_id = "first"}));
    Append(fleet::kOrders, id, MakeRecord(MakeOrder(id, 1, {{"p1", 1, 101}}), {.event_id = "other"}));
    Append(fleet::kOrders, id, MakeRecord(MakeOrder(id, 1, {{"p1", 1, 100}}), {.event_id = "again"}));
    Append(fleet::kCatalog, id, MakeRecord(MakeProduct(id, 1, {"A"}), {}));
    Append(fleet::kCatalog, id, MakeRecord(MakeProduct(id, 1, {"B"}), {}));
    Consume(batch_records);
  }
  EXPECT_THAT(Rows(kDocuments), ElementsAre("o1|1|1|1", "o4000|1|1|1"));
  EXPECT_THAT(Rows("SELECT product, category_path FROM analytics.products ORDER BY 1"),
              ElementsAre("o1|{A}", "o4000|{A}"));
  EXPECT_THAT(Rows("SELECT topic, reason, count(*) FROM analytics.dead_letters GROUP BY 1, 2 ORDER BY 1, 2"),
              ElementsAre("catalog|REVISION_CONFLICT|2", "orders|REVISION_CONFLICT|2"));
}

TEST_F(FactWriterTest, UnknownTypesAreParkedAndPoisonIsSetAside) {
  const log::Position future = Append(fleet::kOrders, "k", RecordFromTheFuture({}));
  const log::Position poison = Append(fleet::kOrders, "k", "\xff\xff");
  const log::Position invalid = Append(fleet::kOrders, "k", MakeRecord(MakeOrder("o", -1, {{"p"}}), {}));
  Append(fleet::kOrders, "k", MakeRecord(MakeOrder("fine", 0, {{"p", 1, 100}}), {}));
  Consume();
  EXPECT_THAT(Rows(kDocuments), ElementsAre("fine|0|1|1"));
  EXPECT_THAT(Rows("SELECT log_offset, type FROM analytics.parked_records"),
              ElementsAre(absl::StrCat(future.offset, "|kontor.events.v1.HologramTouched")));
  EXPECT_THAT(DeadLetters(), ElementsAre(absl::StrCat("orders|", poison.offset, "|", kReasonRecordBroken),
                                         absl::StrCat("orders|", invalid.offset, "|", kReasonFactInvalid)));
}

TEST_F(FactWriterTest, ACancellationMayComeFirst) {
  RecordSpec later;
  later.occurred_at += absl::Hours(1);
  Append(fleet::kOrders, "o1", MakeRecord(MakeCancellation("o1"), later));
  Append(fleet::kOrders, "o1", MakeRecord(MakeOrder("o1", 0, {{"p1", 1, 100}}), {}));
  Append(fleet::kOrders, "o1", MakeRecord(MakeCancellation("o1"), {}));  // the earliest counts
  Append(fleet::kOrders, "o1", MakeRecord(MakeOrder("o1", 9, {{"p1", 1, 300}}), {}));
  Consume(1);
  EXPECT_THAT(Rows("SELECT order_id, amount, cancelled_at AT TIME ZONE 'UTC' FROM sql_v1.orders"),
              ElementsAre("o1|3|2011-12-05 10:00:00"));
  EXPECT_THAT(Rows("SELECT orders, gross_revenue, revenue FROM sql_v1.daily_revenue"), ElementsAre("0|3|0"));
}

TEST_F(FactWriterTest, ADuplicateThatCameInTimeTakesLatenessBack) {
  RecordSpec late{.event_id = "v"};
  late.received_at = late.occurred_at + absl::Hours(2);
  const RecordSpec in_time{.event_id = "v"};
  for (const RecordSpec& spec : {late, in_time, late}) {
    Append(fleet::kOrders, "o1", MakeRecord(MakeOrder("o1", 0, {{"p1", 1, 100}}), spec));
    Append(fleet::kBehavior, "c-1", MakeRecord(MakeView("p1"), spec));
    Consume();
  }
  const char* const kSeconds = "SELECT extract(epoch FROM received_at - occurred_at)::int FROM analytics.";
  EXPECT_THAT(Rows(absl::StrCat(kSeconds, "documents")), ElementsAre("1"));
  EXPECT_THAT(Rows(absl::StrCat(kSeconds, "behavior")), ElementsAre("1"));
}

TEST_F(FactWriterTest, TextsOfAllKindsArriveAsSent) {
  RecordSpec odd{.event_id = "e'\"\\{}"};
  odd.country = "Côte d'Ivoire, \"CI\" \\ {NULL}";
  ev::ItemsShown shown;
  for (const char* product : {"p,1", "NULL", "p\"2\"", "{x}", "ä\\b"}) shown.add_product_ids(product);
  Append(fleet::kBehavior, "c-1", MakeRecord(shown, odd));
  Append(fleet::kOrders, "o", MakeRecord(MakeOrder("o", 0, {{"a\\,\"b", 1, 100}}), odd));
  Consume();
  EXPECT_THAT(Rows("SELECT event_id, country, array_to_string(products, ';') FROM sql_v1.behavior"),
              ElementsAre(absl::StrCat(odd.event_id, "|", odd.country, "|p,1;NULL;p\"2\";{x};ä\\b")));
  EXPECT_THAT(Rows("SELECT country, product FROM sql_v1.order_lines"),
              ElementsAre(absl::StrCat(odd.country, "|a\\,\"b")));
}

}  // namespace
}  // namespace kontor::analytics
