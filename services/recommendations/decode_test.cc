#include "services/recommendations/decode.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/platform/catalogue/record_decoders.h"
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
  EXPECT_THAT(DecodeRecord("\xff\xff"), StatusIs(absl::StatusCode::kInvalidArgument, catalogue::kReasonRecordBroken));
  EXPECT_THAT(DecodeRecord(RecordBytes(Order("", {"A"}))),
              StatusIs(absl::StatusCode::kInvalidArgument, catalogue::kReasonValueInvalid));
  EXPECT_THAT(DecodeRecord(RecordBytes(Order("o-1", {"A\x1f"}))),
              StatusIs(absl::StatusCode::kInvalidArgument, catalogue::kReasonValueInvalid));
  EXPECT_THAT(DecodeRecord(RecordBytes(Order("o-1", {"A"}, -1))),
              StatusIs(absl::StatusCode::kInvalidArgument, catalogue::kReasonValueInvalid));
  EXPECT_THAT(DecodeRecord(RecordBytes(Product("A", std::string("x\0y", 3), {}))),
              StatusIs(absl::StatusCode::kInvalidArgument, catalogue::kReasonValueInvalid));
  ev::ProductUpserted related = Product("A", "a", {});
  related.add_relations()->set_product_id("B");
  EXPECT_THAT(DecodeRecord(RecordBytes(related)),
              StatusIs(absl::StatusCode::kInvalidArgument, catalogue::kReasonValueInvalid));
  ev::EventRecord record;
  record.set_shop("default");
  record.set_type("kontor.events.v1.OrderRecorded");
  record.set_payload("\xff\xff");
  EXPECT_THAT(DecodeRecord(record.SerializeAsString()),
              StatusIs(absl::StatusCode::kInvalidArgument, catalogue::kReasonPayloadBroken));
}

TEST(DecodeTest, LinksAVisitorToACustomerWhicheverTheEventIsOf) {
  const auto link = [](const std::string& bytes) -> std::string {
    const auto found = LinkIn(*DecodeRecord(bytes));
    if (!found) return "none";
    const bool right = found->visitor == VisitorToken("v") && found->customer == CustomerToken("c");
    return right ? (found->linked ? "linked" : "unlinked") : "wrong";
  };
  EXPECT_EQ(link(RecordBytes(Linked(), {.customer = "c", .visitor = "v"})), "linked");
  EXPECT_EQ(link(RecordBytes(Linked("", true), {.customer = "c", .visitor = "v"})), "unlinked");
  EXPECT_EQ(link(RecordBytes(Linked(VisitorToken("v")), {.customer = "c", .visitor = "w"})), "linked");
  EXPECT_EQ(link(RecordBytes(Linked(CustomerToken("c")), {.visitor = "v"})), "linked");
  EXPECT_EQ(link(RecordBytes(Linked(CustomerToken("loyalty")), {.customer = "c", .visitor = "v"})), "linked");
  EXPECT_EQ(link(RecordBytes(Linked(CustomerToken("loyalty")), {.customer = "c"})), "none");
  EXPECT_EQ(link(RecordBytes(Linked("d-1"), {.visitor = "v"})), "none");
  EXPECT_EQ(link(RecordBytes(Viewed("A"), {.customer = "c", .visitor = "v"})), "linked");
  EXPECT_EQ(link(RecordBytes(Order("o-1", {"A"}), {.customer = "c", .visitor = "v"})), "linked");
  EXPECT_EQ(link(RecordBytes(Viewed("A"), {.visitor = "v"})), "none");
  EXPECT_EQ(link(RecordBytes(ForgetMe(), {.customer = "c", .visitor = "v"})), "none");
}

TEST(DecodeTest, AnImportedErasureIsOneAsWell) {
  KONTOR_ASSERT_OK_AND_ASSIGN(
      const DecodedRecord record,
      DecodeRecord(RecordBytes(ForgetMe(), {.customer = "c", .imported = true}), Payloads::kLive));
  EXPECT_TRUE(std::holds_alternative<ErasureRequest>(record.content));
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
  EXPECT_TRUE(
      std::holds_alternative<catalogue::ProductSnapshot>(content(RecordBytes(Product("A", "a", {}), imported))));
}

TEST(DecodeTest, TakesWhatTheCatalogueSaysOfAProduct) {
  ev::ProductUpserted product = Product("A", "LANTERN", {"HOME", "LIGHT"}, 4);
  product.set_brand("LUX");
  product.set_variant_group_id("g");
  product.set_supplier_id("s");
  product.set_description("it shines");
  product.mutable_available_at()->set_seconds(1323435000);
  const auto attribute = [&](const char* name) {
    product.add_attributes()->set_name(name);
    return product.mutable_attributes(product.attributes_size() - 1);
  };
  attribute("colour")->set_text("red");
  attribute("watts")->mutable_number()->mutable_value()->set_nanos(500'000'000);
  attribute("led")->set_flag(true);
  KONTOR_ASSERT_OK_AND_ASSIGN(const DecodedRecord record, DecodeRecord(RecordBytes(product)));
  const auto& snapshot = std::get<catalogue::ProductSnapshot>(record.content);
  EXPECT_EQ(snapshot.brand, "LUX");
  EXPECT_EQ(snapshot.variant_group, "g");
  EXPECT_EQ(snapshot.seller, "s");
  EXPECT_EQ(snapshot.description, "it shines");
  EXPECT_EQ(snapshot.available_at, absl::FromUnixSeconds(1323435000));
  ASSERT_EQ(snapshot.attributes.size(), 3u);
  EXPECT_EQ(snapshot.attributes[0].value, "red");
  EXPECT_EQ(snapshot.attributes[1].value, "0.5");
  EXPECT_EQ(snapshot.attributes[2].value, "true");
}

TEST(DecodeTest, TakesPricesForEverybodyOnly) {
  ev::PriceSet price;
  price.set_product_id("A");
  price.set_revision(2);
  price.set_currency_code("GBP");
  price.mutable_price()->set_units(5);
  price.mutable_cost()->set_nanos(250'000'000);
  KONTOR_ASSERT_OK_AND_ASSIGN(DecodedRecord record, DecodeRecord(RecordBytes(price)));
  const auto& snapshot = std::get<catalogue::PriceSnapshot>(record.content);
  EXPECT_EQ(snapshot.price.nanos, 5 * base::Decimal::kOne);
  EXPECT_EQ(snapshot.cost->nanos, 250'000'000);
  EXPECT_EQ(snapshot.valid_until, absl::InfiniteFuture());
  price.set_store_id("7");
  KONTOR_ASSERT_OK_AND_ASSIGN(record, DecodeRecord(RecordBytes(price)));
  EXPECT_TRUE(std::holds_alternative<std::monostate>(record.content));
  price.set_currency_code("pounds");
  EXPECT_THAT(DecodeRecord(RecordBytes(price)),
              StatusIs(absl::StatusCode::kInvalidArgument, catalogue::kReasonValueInvalid));
  price.set_currency_code("GBP");
  price.mutable_price()->set_nanos(-1);
  EXPECT_THAT(DecodeRecord(RecordBytes(price)),
              StatusIs(absl::StatusCode::kInvalidArgument, catalogue::kReasonValueInvalid));
}

TEST(DecodeTest, StockIsWhatIsFreeToSell) {
  ev::StockLevelSet level;
  level.set_product_id("A");
  level.set_location_id("north");
  level.mutable_on_hand()->mutable_value()->set_units(5);
  level.mutable_reserved()->mutable_value()->set_units(2);
  KONTOR_ASSERT_OK_AND_ASSIGN(DecodedRecord record,
                              DecodeRecord(RecordBytes(level, {.imported = true}), Payloads::kLive));
  EXPECT_EQ(std::get<catalogue::StockLevel>(record.content).free.nanos, 3 * base::Decimal::kOne);
  ev::StockAdjusted adjusted;
  adjusted.set_adjustment_id("x");
  adjusted.set_product_id("A");
  adjusted.mutable_change()->mutable_value()->set_units(-1);
  KONTOR_ASSERT_OK_AND_ASSIGN(record, DecodeRecord(RecordBytes(adjusted)));
  EXPECT_EQ(std::get<catalogue::StockChange>(record.content).change.nanos, -base::Decimal::kOne);
  adjusted.clear_adjustment_id();
  EXPECT_THAT(DecodeRecord(RecordBytes(adjusted)),
              StatusIs(absl::StatusCode::kInvalidArgument, catalogue::kReasonValueInvalid));
}

}  // namespace
}  // namespace kontor::recommendations
