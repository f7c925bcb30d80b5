#include "services/recommendations/decode.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/testing/status_matchers.h"
#include "services/recommendations/test_records.h"

namespace kontor::recommendations {
namespace {

namespace ev = kontor::events::v1;
using kontor::testing::StatusIs;
using ::testing::ElementsAre;

TEST(DecodeTest, TakesBoughtLinesOfAnOrder) {
  ev::OrderRecorded order = Order("o-1", {"A", "B", "A", "C"}, 3, "store-7");
  order.mutable_lines(3)->mutable_quantity()->mutable_value()->set_units(0);  // an amount without pieces
  KONTOR_ASSERT_OK_AND_ASSIGN(const DecodedRecord record,
                              DecodeRecord(RecordBytes(order, {.customer = "17850", .country = "France"})));
  EXPECT_EQ(record.shop, "default");
  const auto& snapshot = std::get<OrderSnapshot>(record.content);
  EXPECT_EQ(snapshot.order_id, "o-1");
  EXPECT_EQ(snapshot.revision, 3);
  EXPECT_EQ(snapshot.subject, CustomerToken("17850"));
  EXPECT_EQ(snapshot.country, "France");
  EXPECT_EQ(snapshot.store, "store-7");
  EXPECT_THAT(snapshot.products, ElementsAre("A", "B"));
}

TEST(DecodeTest, HalfAPieceIsBought) {
  ev::OrderRecorded order = Order("o-1", {"CHEESE"});
  auto* quantity = order.mutable_lines(0)->mutable_quantity()->mutable_value();
  quantity->set_units(0);
  quantity->set_nanos(500'000'000);
  KONTOR_ASSERT_OK_AND_ASSIGN(const DecodedRecord record, DecodeRecord(RecordBytes(order)));
  EXPECT_THAT(std::get<OrderSnapshot>(record.content).products, ElementsAre("CHEESE"));
}

TEST(DecodeTest, FingerprintTellsContentsApart) {
  const auto fingerprint = [](const std::string& bytes) {
    return std::get<OrderSnapshot>(DecodeRecord(bytes)->content).fingerprint;
  };
  const std::string one = RecordBytes(Order("o-1", {"A"}), {.customer = "1"});
  EXPECT_EQ(fingerprint(one), fingerprint(RecordBytes(Order("o-1", {"A"}), {.customer = "1", .imported = true})));
  EXPECT_NE(fingerprint(one), fingerprint(RecordBytes(Order("o-1", {"B"}), {.customer = "1"})));
  EXPECT_NE(fingerprint(one), fingerprint(RecordBytes(Order("o-1", {"A"}), {.customer = "2"})));
  EXPECT_NE(fingerprint(one), fingerprint(RecordBytes(Order("o-1", {"A"}), {.customer = "1", .country = "FR"})));
}

TEST(DecodeTest, RefusesWhatIntakeRefuses) {
  EXPECT_THAT(DecodeRecord("\xff\xff"), StatusIs(absl::StatusCode::kInvalidArgument, kReasonRecordBroken));
  EXPECT_THAT(DecodeRecord(RecordBytes(Order("", {"A"}))),
              StatusIs(absl::StatusCode::kInvalidArgument, kReasonValueInvalid));
  EXPECT_THAT(DecodeRecord(RecordBytes(Order("o-1", {"A\x1f"}))),
              StatusIs(absl::StatusCode::kInvalidArgument, kReasonValueInvalid));
  EXPECT_THAT(DecodeRecord(RecordBytes(Order("o-1", {"A"}, -1))),
              StatusIs(absl::StatusCode::kInvalidArgument, kReasonValueInvalid));
  EXPECT_THAT(DecodeRecord(RecordBytes(Product("A", std::string("x\0y", 3), {}))),
              StatusIs(absl::StatusCode::kInvalidArgument, kReasonValueInvalid));
  ev::EventRecord record;
  record.set_shop("default");
  record.set_type("kontor.events.v1.OrderRecorded");
  record.set_payload("\xff\xff");
  EXPECT_THAT(DecodeRecord(record.SerializeAsString()),
              StatusIs(absl::StatusCode::kInvalidArgument, kReasonPayloadBroken));
}

TEST(DecodeTest, KnowsTypesThatSayNothingHereAndParksOthers) {
  ev::ReturnRecorded ret;
  ret.set_return_id("r-1");
  KONTOR_ASSERT_OK_AND_ASSIGN(const DecodedRecord known, DecodeRecord(RecordBytes(ret)));
  EXPECT_TRUE(known.known);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(known.content));
  ev::EventRecord record;
  record.set_shop("default");
  record.set_type("kontor.events.v1.TimeTravelled");
  KONTOR_ASSERT_OK_AND_ASSIGN(const DecodedRecord unknown, DecodeRecord(record.SerializeAsString()));
  EXPECT_FALSE(unknown.known);
  EXPECT_FALSE(KnowsType("kontor.events.v1.TimeTravelled"));
  EXPECT_TRUE(KnowsType("kontor.events.v1.ReturnRecorded"));
}

TEST(DecodeTest, LiveLeavesImportedOrdersOutButNotProducts) {
  const TestRecord imported{.customer = "1", .imported = true};
  const auto content = [](const std::string& bytes) { return DecodeRecord(bytes, Payloads::kLive)->content; };
  EXPECT_TRUE(std::holds_alternative<std::monostate>(content(RecordBytes(Order("o-1", {"A"}), imported))));
  EXPECT_TRUE(std::holds_alternative<OrderSnapshot>(content(RecordBytes(Order("o-1", {"A"}), {.customer = "1"}))));
  EXPECT_TRUE(std::holds_alternative<ProductSnapshot>(content(RecordBytes(Product("A", "a", {}), imported))));
}

}  // namespace
}  // namespace kontor::recommendations
