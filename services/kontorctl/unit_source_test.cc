#include "services/kontorctl/unit_source.h"

#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <set>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "libs/base/random.h"
#include "libs/testing/seed.h"
#include "libs/testing/status_matchers.h"
#include "services/kontorctl/import_client.h"

namespace kontor::ctl {
namespace {

using kontor::ingest::v1::ImportMapping;
using kontor::ingest::v1::ImportUnit;

constexpr char kHeader[] = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

class UnitSourceTest : public ::testing::Test {
 protected:
  UnitSourceTest() : path_(absl::StrCat(::testing::TempDir(), "unit_source_test.", getpid(), ".csv")) {
    const auto mapping = LoadMapping("services/kontorctl/mappings/online-retail.json");
    EXPECT_THAT(mapping, testing::IsOk());
    mapping_ = *mapping;
  }
  ~UnitSourceTest() override { std::remove(path_.c_str()); }

  void Write(const std::string& rows, const std::string& header = kHeader) {
    std::ofstream(path_, std::ios::binary) << header << rows;
  }
  std::vector<ImportUnit> Orders() {
    auto source = OpenOrders(path_, mapping_);
    EXPECT_THAT(source, testing::IsOk());
    std::vector<ImportUnit> units;
    ImportUnit unit;
    while ((*source)->Next(unit)) units.push_back(unit);
    return units;
  }

  const std::string path_;
  ImportMapping mapping_;
};

TEST_F(UnitSourceTest, GathersTheRowsOfAnOrderWhereverTheyStand) {
  Write(
      "1,A,a,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n"
      "2,B,b,1,2010-12-01 08:27:00,1.00,,France\n"
      "1,C,c,2,2010-12-01 08:25:00,.001,17850.0,United Kingdom\n");
  const auto units = Orders();
  ASSERT_EQ(units.size(), 2u);
  EXPECT_EQ(units[0].event().event_id(), "order/2");
  EXPECT_FALSE(units[0].event().has_actor());
  const auto& event = units[1].event();
  EXPECT_EQ(event.event_id(), "order/1");
  EXPECT_EQ(event.actor().customer_id(), "17850");
  EXPECT_EQ(event.circumstances().country(), "United Kingdom");
  EXPECT_EQ(event.occurred_at().seconds(), 1'291'191'900);  // the earlier of its two times: 08:25:00 UTC
  ASSERT_EQ(event.order_recorded().lines_size(), 2);
  EXPECT_EQ(event.order_recorded().lines(0).amount().units(), 15);
  EXPECT_EQ(event.order_recorded().lines(0).amount().nanos(), 300'000'000);
  EXPECT_EQ(event.order_recorded().lines(1).amount().nanos(), 2'000'000);
  EXPECT_EQ(units[1].lines(1), 4);
}

TEST_F(UnitSourceTest, RulesSayWhatIsNoSale) {
  Write(
      "C9,A,a,-2,2010-12-01 08:26:00,2.50,17850.0,France\n"
      "A5,B,bad debt,1,2010-12-01 08:26:00,-11062.06,,United Kingdom\n"
      "7,D,lost,-30,2010-12-01 08:26:00,0,,United Kingdom\n"
      "C9,B,b,-1,2010-12-01 08:26:00,1.25,17850.0,France\n");
  const auto units = Orders();
  ASSERT_EQ(units.size(), 3u);
  EXPECT_EQ(units[0].event().adjustment_recorded().amount().units(), -11062);
  EXPECT_EQ(units[0].event().event_id(), "adjustment/A5/1");
  EXPECT_EQ(units[1].event().stock_adjusted().change().value().units(), -30);
  const auto& ret = units[2].event().return_recorded();
  EXPECT_EQ(ret.return_id(), "C9");
  ASSERT_EQ(ret.lines_size(), 2);
  EXPECT_EQ(ret.lines(0).quantity().value().units(), 2);
  EXPECT_EQ(ret.lines(0).amount().units(), 5);
}

TEST_F(UnitSourceTest, ABadRowCostsItselfAlone) {
  Write(
      "1,A,a,six,2010-12-01 08:26:00,2.55,1,France\n"
      "1,B,b,1,2010-12-01 08:26:00,NaN,1,France\n"
      "1,C,c,1,2010-02-30 08:26:00,1,1,France\n"
      "short,row\n"
      "1,E,\xff\xfe,1,2010-12-01 08:26:00,1,1,France\n"
      "1,D,d,1,2010-12-01 08:26:00,1.00,1,France\n");
  const auto units = Orders();
  ASSERT_EQ(units.size(), 3u);
  EXPECT_EQ(units[0].row_errors(0).reason(), "ROW_MALFORMED");
  EXPECT_EQ(units[0].row_errors(0).line(), 5);
  EXPECT_EQ(units[1].row_errors(0).reason(), "UTF8_INVALID");
  EXPECT_EQ(units[1].row_errors(0).column(), "Description");
  ASSERT_EQ(units[2].row_errors_size(), 3);
  EXPECT_EQ(units[2].row_errors(0).column(), "Quantity");
  EXPECT_EQ(units[2].row_errors(0).reason(), "NUMBER_INVALID");
  EXPECT_EQ(units[2].row_errors(1).column(), "UnitPrice");
  EXPECT_EQ(units[2].row_errors(2).reason(), "TIME_INVALID");
  EXPECT_EQ(units[2].event().order_recorded().lines_size(), 1);
  EXPECT_EQ(units[2].event().order_recorded().lines(0).product_id(), "D");
}

TEST_F(UnitSourceTest, AMissingColumnIsNamed) {
  Write("", "InvoiceNo,StockCode,Quantity,InvoiceDate\n");
  const auto source = OpenOrders(path_, mapping_);
  EXPECT_THAT(source, testing::StatusIs(absl::StatusCode::kInvalidArgument, "COLUMN_MISSING"));
  EXPECT_EQ(base::ErrorViolations(source.status()).size(), 3u);
}

TEST_F(UnitSourceTest, ProductsAreToldOnceByTheirFirstTitle) {
  Write(
      "1,B,,6,2010-12-01 08:26:00,2.55,1,France\n"
      "1,A,,6,2010-12-01 08:26:00,2.55,1,France\n"
      "1,A,LANTERN,6,2010-12-01 08:26:00,2.55,1,France\n"
      "2,A,other,6,2010-12-01 08:26:00,2.55,1,France\n");
  auto source = OpenProducts(path_, mapping_);
  ASSERT_THAT(source, testing::IsOk());
  ImportUnit unit;
  ASSERT_TRUE((*source)->Next(unit));
  EXPECT_EQ(unit.event().product_upserted().title(), "LANTERN");
  ASSERT_TRUE((*source)->Next(unit));
  EXPECT_EQ(unit.event().product_upserted().product_id(), "B");
  EXPECT_FALSE((*source)->Next(unit));
}

TEST_F(UnitSourceTest, RelationsAreListsOfProductsInACell) {
  auto& relation = *mapping_.mutable_products()->add_relations();
  relation.set_column("Description");
  relation.set_kind(kontor::events::v1::ProductRelation::KIND_ACCESSORY_OF);
  relation.set_separator("|");
  Write("1,A,B | C D||,6,2010-12-01 08:26:00,2.55,1,France\n");
  auto source = OpenProducts(path_, mapping_);
  ASSERT_THAT(source, testing::IsOk());
  ImportUnit unit;
  ASSERT_TRUE((*source)->Next(unit));
  const auto& relations = unit.event().product_upserted().relations();
  ASSERT_EQ(relations.size(), 2);
  EXPECT_EQ(relations[0].product_id(), "B");
  EXPECT_EQ(relations[1].product_id(), "C D");
  EXPECT_EQ(relations[1].kind(), kontor::events::v1::ProductRelation::KIND_ACCESSORY_OF);
  relation.set_separator("||");
  EXPECT_THAT(OpenProducts(path_, mapping_), testing::StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(UnitSourceTest, TimesOfTheFileAreLocal) {
  mapping_.set_time_zone("Europe/London");
  // The night the clocks went back: 01:30 stands for the earlier. The morning they went forward: 01:30 does not exist.
  Write(
      "1,A,a,1,2011-10-30 01:30:00,1,1,France\n"
      "2,A,a,1,2011-03-27 01:30:00,1,1,France\n");
  const auto units = Orders();
  EXPECT_EQ(units[0].event().occurred_at().seconds(), 1'319'934'600);  // 00:30 UTC
  EXPECT_EQ(units[1].event().occurred_at().seconds(), 1'301'189'400);  // 01:30 UTC, 02:30 in summer time
}

// The order of units and their ids depend on the file alone, so an import can stop anywhere and go on.
TEST_F(UnitSourceTest, RandomFilesGiveEveryRowOnceAndTheSameUnitsAgain) {
  base::Random random(testing::Seed());
  for (int round = 0; round < 20; ++round) {
    std::string rows;
    const int count = static_cast<int>(random.Below(200));
    for (int i = 0; i < count; ++i) {
      const char* prefix[] = {"", "C", "A"};
      const bool turned = random.Chance(0.3);
      absl::StrAppend(&rows, prefix[random.Below(3)], random.Below(20), ",P", random.Below(9), ",t,", turned ? "-" : "",
                      1 + random.Below(5), ",2010-12-01 08:26:00,", random.Chance(0.1) ? "x" : "1.5", ",1,France\n");
    }
    Write(rows);
    const auto units = Orders();
    std::set<int64_t> lines;
    std::set<std::string> ids;
    for (const ImportUnit& unit : units) {
      for (const int64_t line : unit.lines()) EXPECT_TRUE(lines.insert(line).second);
      if (!unit.has_event()) continue;
      EXPECT_TRUE(ids.insert(unit.event().event_id()).second) << unit.event().event_id();
    }
    EXPECT_EQ(lines.size(), static_cast<size_t>(count));
    const auto again = Orders();
    ASSERT_EQ(again.size(), units.size());
    for (size_t i = 0; i < units.size(); ++i) {
      EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(units[i], again[i]));
    }
  }
}

}  // namespace
}  // namespace kontor::ctl
