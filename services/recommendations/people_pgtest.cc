#include <algorithm>
#include <chrono>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/hash.h"
#include "libs/platform/log/consumer.h"
#include "libs/testing/status_matchers.h"
#include "services/recommendations/attribution_token.h"
#include "services/recommendations/behaviour_writer.h"
#include "services/recommendations/erasure_rows.h"
#include "services/recommendations/identity_rows.h"
#include "services/recommendations/impression_writer.h"
#include "services/recommendations/outcome_writer.h"
#include "services/recommendations/postgres_history_store.h"
#include "services/recommendations/purchase_writer.h"
#include "services/recommendations/test_database.h"
#include "services/recommendations/test_records.h"
#include "services/recommendations/training_visits.h"

// Behaviour, links and erasures in PostgreSQL.
namespace kontor::recommendations {
namespace {

namespace ev = kontor::events::v1;
using kontor::testing::PrivatePostgres;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

const absl::Time kDay = absl::FromUnixSeconds(1'323'435'000);

bool Never() { return false; }

class PeopleTest : public ::testing::Test {
 protected:
  PeopleTest() : pool_(TestPool(PrivatePostgres::Shared().CreateDatabase())) {
    const absl::Status status = log::MigrateConsumerSchema(*pool_, "recommendations");
    EXPECT_TRUE(status.ok()) << status;
  }

  void Apply(log::BatchHandler& writer, const std::string& topic, const std::vector<std::string>& records) {
    log::Effects effects;
    KONTOR_ASSERT_OK(ApplyBatch(*pool_, writer, records, effects, topic, next_offset_));
    EXPECT_THAT(effects.dead_letters, IsEmpty());
    next_offset_ += 1'000;
  }
  void Orders(const std::vector<std::string>& records) {
    Apply(purchases_, "orders", records);
    Apply(outcomes_, "orders", records);
  }
  void Identity(const std::vector<std::string>& records) { Apply(purchases_, "identity", records); }
  void Privacy(const std::vector<std::string>& records) { Apply(purchases_, "privacy", records); }
  void Behaviour(const std::vector<std::string>& records) {
    Apply(behaviour_, "behavior", records);
    Apply(impressions_, "behavior", records);
    Apply(outcomes_, "behavior", records);
  }

  std::vector<std::string> OrdersOf(const std::string& token) {
    std::vector<std::string> orders;
    const auto found = PostgresHistoryStore(*pool_).Get(kTestShop, token);
    EXPECT_TRUE(found.ok()) << found.status();
    for (const auto& order : found->history->orders()) orders.push_back(order.order_id);
    return orders;
  }
  std::vector<std::string> Column(const std::string& sql) {
    const auto rows = pool_->Exec(sql);
    EXPECT_TRUE(rows.ok()) << rows.status();
    std::vector<std::string> column;
    for (int r = 0; r < rows->rows(); ++r) column.emplace_back(rows->Text(r, 0));
    return column;
  }
  std::vector<std::string> Steps() {
    return Column("SELECT concat(kind, product) FROM recommendations.behaviour ORDER BY occurred_at, log_offset");
  }
  // Tables of the schema with a row that holds the text.
  std::vector<std::string> TablesWith(const std::string& text) {
    std::vector<std::string> found;
    for (const std::string& table :
         Column("SELECT table_name FROM information_schema.tables WHERE table_schema = 'recommendations'")) {
      const std::string hex = absl::StrCat("encode(convert_to('", text, "', 'UTF8'), 'hex')");
      if (!Column(absl::StrCat("SELECT 1 FROM recommendations.", table, " AS t WHERE t::text LIKE '%", text,
                               "%' OR t::text LIKE '%' || ", hex, " || '%' LIMIT 1"))
               .empty()) {
        found.push_back(table);
      }
    }
    return found;
  }

  std::unique_ptr<postgres::Pool> pool_;
  std::set<PurchaseWriter::Subject> changed_;
  PurchaseWriter purchases_{[this](const std::set<PurchaseWriter::Subject>& changed) { changed_ = changed; }};
  BehaviourWriter behaviour_{[this](const BehaviourWriter::Subjects& forgotten) { changed_ = forgotten; }};
  ImpressionWriter impressions_;
  OutcomeWriter outcomes_;
  int64_t next_offset_ = 0;
};

TEST_F(PeopleTest, BehaviourIsKeptOnceAndForNinetyDays) {
  ev::ItemClicked clicked;
  clicked.set_product_id("C");
  const std::vector<std::string> records = {
      RecordBytes(Viewed("A"), {.visitor = "v", .occurred_at = kDay}),
      RecordBytes(Carted("B"), {.customer = "c", .occurred_at = kDay, .imported = true}),
      RecordBytes(clicked, {.occurred_at = kDay, .session = "s"}),
      RecordBytes(Carted("B", false), {.customer = "c", .occurred_at = kDay}),
      RecordBytes(Viewed("D"), {.occurred_at = kDay}),  // nobody, in no session
      "\xff\xff"};
  log::Effects effects;
  for (int i = 0; i < 2; ++i) KONTOR_ASSERT_OK(ApplyBatch(*pool_, behaviour_, records, effects, "behavior", 7));
  EXPECT_THAT(effects.dead_letters, IsEmpty());
  EXPECT_THAT(Steps(), ElementsAre("0A", "1B", "0C", "2B"));

  next_offset_ = 100;
  Behaviour({RecordBytes(Viewed("E"), {.visitor = "v", .occurred_at = kDay + absl::Hours(24 * 90)})});
  EXPECT_THAT(Steps(), SizeIs(5));
  Behaviour({RecordBytes(Viewed("F"), {.visitor = "v", .occurred_at = kDay + absl::Hours(24 * 90 + 1)}),
             RecordBytes(Viewed("G"), {.visitor = "v", .occurred_at = kDay})});  // too old by now
  EXPECT_THAT(Steps(), ElementsAre("0E", "0F"));
}

TEST_F(PeopleTest, ABatchOfBehaviourIsOneShortTransaction) {
  constexpr int kBatches = 5, kRecords = 4'000;
  double seconds = 0;
  for (int batch = 0; batch < kBatches; ++batch) {
    std::vector<std::string> records;
    for (int i = 0; i < kRecords; ++i) {
      const std::string person = absl::StrCat(batch, "/", i % 1'000);
      records.push_back(RecordBytes(Viewed(absl::StrCat("p-", i % 300)),
                                    {.customer = i % 4 == 0 ? person : "",
                                     .visitor = person,
                                     .occurred_at = kDay + absl::Seconds(10 * batch) + absl::Milliseconds(i),
                                     .session = person}));
    }
    const auto start = std::chrono::steady_clock::now();
    Apply(behaviour_, "behavior", records);
    seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    next_offset_ += kRecords;
  }
  EXPECT_THAT(Column("SELECT count(*) FROM recommendations.behaviour"), ElementsAre("20000"));
  std::cout << "  behaviour stored: " << static_cast<int>(kBatches * kRecords / seconds) << " events/s\n";
  EXPECT_LT(seconds / kBatches, 2);  // the aim is 0.1 s; the bound leaves room for a machine under load
}

TEST_F(PeopleTest, BehaviourIsReadAsVisitsNewestFirst) {
  const auto at = [](int seconds) { return kDay + absl::Seconds(seconds); };
  Behaviour({RecordBytes(Viewed("A"), {.visitor = "v", .occurred_at = at(0), .session = "s"}),
             RecordBytes(Carted("B"), {.visitor = "v", .occurred_at = at(60), .session = "s"}),
             RecordBytes(Viewed("UNKNOWN"), {.visitor = "v", .occurred_at = at(61), .session = "s"}),
             RecordBytes(Viewed("A"), {.visitor = "v", .occurred_at = at(60 + 1'801), .session = "s"}),
             RecordBytes(Viewed("B"), {.customer = "c", .occurred_at = at(30)})});
  Catalogue catalogue;
  catalogue.products.Intern("A");
  catalogue.products.Intern("B");
  const auto user_of = [](absl::string_view subject) { return subject == CustomerToken("c") ? 7 : kNone; };
  KONTOR_ASSERT_OK_AND_ASSIGN(const Visits visits, ReadVisits(*pool_, kTestShop, catalogue, user_of, Never));
  ASSERT_EQ(visits.size(), 3u);
  std::vector<std::string> read;
  for (uint32_t visit = 0; visit < visits.size(); ++visit) {
    std::string text = visits.UserOf(visit) == kNone ? "" : absl::StrCat(visits.UserOf(visit));
    for (const VisitStep& step : visits.Of(visit)) {
      absl::StrAppend(&text, " ", step.time_seconds - absl::ToUnixSeconds(kDay), ":", step.item, "/",
                      static_cast<int>(step.kind));
    }
    read.push_back(text);
  }
  EXPECT_THAT(read, UnorderedElementsAre(" 0:0/0 60:1/1", " 1861:0/0", "7 30:1/0"));
  KONTOR_ASSERT_OK_AND_ASSIGN(const Visits newest, ReadVisits(*pool_, kTestShop, catalogue, user_of, Never, 1));
  ASSERT_EQ(newest.size(), 1u);
  EXPECT_EQ(newest.Of(0)[0].time_seconds, absl::ToUnixSeconds(kDay) + 1'861);
  EXPECT_EQ(ReadVisits(*pool_, kTestShop, catalogue, user_of, [] { return true; }).status().code(),
            absl::StatusCode::kCancelled);
}

TEST_F(PeopleTest, ACustomerHasTheHistoryOfTheirVisitorsAndNoVisitorThatOfACustomer) {
  ev::ItemsShown shown;
  shown.add_product_ids("X");
  Orders({RecordBytes(Order("guest", {"A"}), {.visitor = "v", .occurred_at = kDay}),
          RecordBytes(Order("own", {"B"}), {.customer = "c", .occurred_at = kDay + absl::Hours(1)})});
  Behaviour({RecordBytes(shown, {.visitor = "v", .occurred_at = kDay})});
  EXPECT_THAT(OrdersOf(CustomerToken("c")), ElementsAre("own"));
  Identity({RecordBytes(Linked(), {.customer = "c", .visitor = "v", .occurred_at = kDay + absl::Hours(2)})});
  EXPECT_THAT(changed_, UnorderedElementsAre(Pair(kTestShop, CustomerToken("c")), Pair(kTestShop, VisitorToken("v"))));
  EXPECT_THAT(OrdersOf(CustomerToken("c")), ElementsAre("own", "guest"));
  EXPECT_THAT(OrdersOf(VisitorToken("v")), ElementsAre("guest"));
  PostgresHistoryStore store(*pool_);
  KONTOR_ASSERT_OK_AND_ASSIGN(const FoundHistory customer, store.Get(kTestShop, CustomerToken("c")));
  EXPECT_THAT(customer.history->shown().products(), SizeIs(1));
  EXPECT_THAT(customer.history->visitors(), ElementsAre(VisitorToken("v")));
  KONTOR_ASSERT_OK_AND_ASSIGN(const FoundHistory visitor, store.Get(kTestShop, VisitorToken("v")));
  EXPECT_EQ(visitor.history->owner(), base::StableHash(CustomerToken("c")));

  Identity({RecordBytes(Linked("", true), {.customer = "c", .visitor = "v", .occurred_at = kDay + absl::Hours(3)})});
  EXPECT_THAT(OrdersOf(CustomerToken("c")), ElementsAre("own"));
}

// Whatever comes first: the newest of each pair counts, and a visitor belongs to the newest link that stands.
TEST_F(PeopleTest, LinksAreAFunctionOfTheirSet) {
  const auto told = [](const std::string& customer, int hour, bool unlink = false) {
    return RecordBytes(Linked("", unlink),
                       {.customer = customer, .visitor = "v", .occurred_at = kDay + absl::Hours(hour)});
  };
  std::vector<std::string> records = {told("a", 1), told("b", 2), told("b", 3, true), told("a", 3, true), told("a", 3)};
  std::sort(records.begin(), records.end());
  do {
    KONTOR_ASSERT_OK(pool_->Exec("DELETE FROM recommendations.identities"));
    Identity({records[0], records[1]});
    for (size_t i = 2; i < records.size(); ++i) Identity({records[i]});
    KONTOR_ASSERT_OK_AND_ASSIGN(const std::string owner, ReadOwner(*pool_, kTestShop, VisitorToken("v")));
    ASSERT_EQ(owner, "");
  } while (std::next_permutation(records.begin(), records.end()));
  Identity({told("b", 4), told("a", 5)});
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto owners, ReadOwners(*pool_, kTestShop));
  EXPECT_THAT(owners, ElementsAre(Pair(VisitorToken("v"), CustomerToken("a"))));
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto visitors, ReadVisitors(*pool_, kTestShop, CustomerToken("b")));
  EXPECT_THAT(visitors, IsEmpty());  // a shared device: another customer came after
}

class ErasureTest : public PeopleTest {
 protected:
  // One customer and their visitor on every path, beside another person.
  void Plant() {
    ev::ItemsShown shown;
    shown.add_product_ids("X");
    Orders({order_, RecordBytes(Order("guest", {"A"}), {.visitor = "v", .occurred_at = kDay}),
            RecordBytes(Order("other", {"A"}), {.customer = "d", .occurred_at = kDay})});
    Behaviour({RecordBytes(shown, {.customer = "c", .visitor = "v", .occurred_at = kDay}),
               RecordBytes(shown, {.visitor = "v", .occurred_at = kDay}), view_,
               RecordBytes(Viewed("A"), {.visitor = "v", .occurred_at = kDay}),
               RecordBytes(Viewed("A"), {.customer = "d", .occurred_at = kDay})});
    Behaviour({seen_, clicked_});
    Orders({order_});  // now of somebody who touched an answer
    Identity({link_});
  }
  void PlantLetters() {
    postgres::Params letter;
    letter.Bytes(order_);
    KONTOR_ASSERT_OK(pool_->Exec(
        "INSERT INTO recommendations.dead_letters (consumer_group, topic, partition, log_offset, received_at, reason, "
        "description, attempt, bytes) VALUES ('g', 'orders', 0, 1, now(), 'R', 'd', 1, $1)",
        letter));
    KONTOR_ASSERT_OK(pool_->Exec(
        "INSERT INTO recommendations.parked_records (consumer_group, topic, partition, log_offset, received_at, type, "
        "bytes) VALUES ('g', 'orders', 0, 1, now(), 'T', $1)",
        letter));
  }

  const std::string order_ =
      RecordBytes(Order("own", {"A", "B"}), {.customer = "c", .visitor = "v", .occurred_at = kDay});
  const std::string view_ =
      RecordBytes(Viewed("A"), {.customer = "c", .visitor = "v", .occurred_at = kDay, .session = "s"});
  const std::string token_ = FormatAttributionToken({.model_version = 1, .placement = 1, .tier = 1, .answer_id = 7});
  const std::string seen_ =
      RecordBytes(Shown({"A"}), {.customer = "c", .visitor = "v", .occurred_at = kDay, .attribution_token = token_});
  const std::string clicked_ =
      RecordBytes(Clicked("A"), {.customer = "c", .visitor = "v", .occurred_at = kDay, .attribution_token = token_});
  const std::string link_ = RecordBytes(Linked(), {.customer = "c", .visitor = "v", .occurred_at = kDay});
  const std::string erasure_ = RecordBytes(ForgetMe(), {.customer = "c", .occurred_at = kDay + absl::Hours(1)});
};

TEST_F(ErasureTest, NothingOfThemRemainsInAnyTable) {
  Plant();
  PlantLetters();
  EXPECT_THAT(TablesWith(CustomerToken("c")),
              UnorderedElementsAre("purchases", "impressions", "behaviour", "identities", "outcomes", "outcome_touches",
                                   "outcome_orders", "dead_letters", "parked_records"));
  EXPECT_THAT(TablesWith(VisitorToken("v")), Contains("purchases"));
  Privacy({erasure_});
  EXPECT_THAT(TablesWith(CustomerToken("c")), IsEmpty());
  EXPECT_THAT(TablesWith(VisitorToken("v")), IsEmpty());
  EXPECT_THAT(changed_, UnorderedElementsAre(Pair(kTestShop, CustomerToken("c")), Pair(kTestShop, VisitorToken("v"))));
  EXPECT_THAT(Column("SELECT order_id FROM recommendations.purchases ORDER BY order_id"),
              ElementsAre("guest", "other", "own"));  // what goes together stays
  EXPECT_THAT(OrdersOf(CustomerToken("d")), ElementsAre("other"));
  EXPECT_THAT(Steps(), ElementsAre("0A"));
  EXPECT_THAT(Column("SELECT clicks::text FROM recommendations.outcomes"), ElementsAre("1"));  // how the answer did
}

TEST_F(ErasureTest, WhatWasBeforeIsNeverTakenAgainAndWhatComesAfterIs) {
  Plant();
  Privacy({erasure_});
  const auto before = Column("SELECT p::text FROM recommendations.purchases AS p ORDER BY order_id");
  Orders({order_});
  EXPECT_EQ(Column("SELECT p::text FROM recommendations.purchases AS p ORDER BY order_id"), before);
  ev::ItemsShown shown;
  shown.add_product_ids("X");
  Orders({RecordBytes(Order("late", {"A"}), {.customer = "c", .occurred_at = kDay + absl::Minutes(59)}),
          RecordBytes(Order("own", {"A", "C"}, 1), {.customer = "c", .occurred_at = kDay})});
  Behaviour({view_, seen_, clicked_, RecordBytes(shown, {.visitor = "v", .occurred_at = kDay})});
  Identity({link_});
  EXPECT_THAT(TablesWith(CustomerToken("c")), IsEmpty());
  EXPECT_THAT(TablesWith(VisitorToken("v")), IsEmpty());
  EXPECT_THAT(Column("SELECT order_id FROM recommendations.purchases WHERE subject = '' ORDER BY order_id"),
              ElementsAre("guest", "late", "own"));

  Orders({RecordBytes(Order("new", {"A"}), {.customer = "c", .occurred_at = kDay + absl::Minutes(61)})});
  Privacy({erasure_});  // once more
  EXPECT_THAT(OrdersOf(CustomerToken("c")), ElementsAre("new"));
}

TEST_F(ErasureTest, AReadingOfTheLogThatMeetsTheRequestFirstForgetsTheVisitorAsWell) {
  Privacy({erasure_});
  Plant();
  EXPECT_THAT(TablesWith(CustomerToken("c")), IsEmpty());
  EXPECT_THAT(TablesWith(VisitorToken("v")), IsEmpty());
  EXPECT_THAT(Column("SELECT order_id FROM recommendations.purchases ORDER BY order_id"),
              ElementsAre("guest", "other", "own"));
}

TEST_F(ErasureTest, ALateLinkOfBehaviourForgetsTheVisitor) {
  Privacy({erasure_});
  Orders({RecordBytes(Order("guest", {"A"}), {.visitor = "v", .occurred_at = kDay})});
  EXPECT_THAT(OrdersOf(VisitorToken("v")), ElementsAre("guest"));
  Behaviour({view_});
  EXPECT_THAT(TablesWith(VisitorToken("v")), IsEmpty());
  EXPECT_THAT(changed_, Contains(Pair(kTestShop, VisitorToken("v"))));
}

TEST_F(ErasureTest, AnotherOnesDeviceStaysTheirs) {
  Plant();
  Identity({RecordBytes(Linked(), {.customer = "d", .visitor = "v", .occurred_at = kDay + absl::Minutes(5)})});
  Privacy({erasure_});
  EXPECT_THAT(TablesWith(CustomerToken("c")), IsEmpty());
  EXPECT_THAT(OrdersOf(CustomerToken("d")), UnorderedElementsAre("guest", "other"));
  Identity({link_});  // replayed
  EXPECT_THAT(OrdersOf(CustomerToken("d")), UnorderedElementsAre("guest", "other"));
}

TEST_F(ErasureTest, TombstonesAreNumberedAsTheyCommit) {
  Privacy({erasure_});
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto first, ReadTombstonesAfter(*pool_, 0));
  ASSERT_THAT(first, SizeIs(1));
  EXPECT_EQ(first[0].person, base::StableHash(CustomerToken("c")));
  EXPECT_EQ(first[0].erased_at, kDay + absl::Hours(1));
  Privacy({RecordBytes(ForgetMe(), {.customer = "c", .occurred_at = kDay + absl::Hours(2)})});
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto again, ReadTombstonesAfter(*pool_, first[0].number));
  ASSERT_THAT(again, SizeIs(1));
  EXPECT_EQ(again[0].erased_at, kDay + absl::Hours(2));
  KONTOR_ASSERT_OK_AND_ASSIGN(const int64_t newest, NewestErasure(*pool_, kTestShop));
  EXPECT_EQ(newest, again[0].number);
  KONTOR_ASSERT_OK_AND_ASSIGN(const int64_t elsewhere, NewestErasure(*pool_, "other"));
  EXPECT_EQ(elsewhere, 0);
}

}  // namespace
}  // namespace kontor::recommendations
