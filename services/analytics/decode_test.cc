#include "services/analytics/decode.h"

#include "gtest/gtest.h"
#include "libs/testing/status_matchers.h"
#include "services/analytics/sample_records.h"

namespace kontor::analytics {
namespace {

using kontor::testing::StatusIs;

constexpr int64_t kCent = 10'000'000;

template <typename F>
F OnlyFact(const std::string& bytes) {
  const absl::StatusOr<DecodedRecord> decoded = DecodeRecord(bytes);
  EXPECT_THAT(decoded, kontor::testing::IsOk());
  if (!decoded.ok() || decoded->facts.size() != 1) {
    ADD_FAILURE() << "not exactly one fact";
    return F();
  }
  const F* fact = std::get_if<F>(&decoded->facts[0]);
  EXPECT_NE(fact, nullptr);
  return fact == nullptr ? F() : *fact;
}

TEST(DecodeTest, OrderWithLines) {
  ev::OrderRecorded order = MakeOrder("o-1", 3, {{"p1", 2, 1050}, {"p2", 1, 5}});
  order.set_store_id("s-9");
  SetDecimal(500 * kCent, *order.mutable_shipping());
  ev::OrderLine& line = *order.mutable_lines(0);
  SetDecimal(7 * kCent, *line.add_discounts()->mutable_amount());
  SetDecimal(3 * kCent, *line.add_discounts()->mutable_amount());
  SetDecimal(168 * kCent, *line.mutable_tax());
  SetDecimal(600 * kCent, *line.mutable_cost());
  order.mutable_lines(1)->mutable_quantity()->set_unit_code("KGM");

  RecordSpec spec;
  spec.session = "s-1";
  spec.imported = true;
  const auto fact = OnlyFact<DocumentFact>(MakeRecord(order, spec));
  EXPECT_EQ(fact.kind, DocumentKind::kOrder);
  EXPECT_EQ(fact.id, "o-1");
  EXPECT_EQ(fact.revision, 3);
  EXPECT_EQ(fact.currency, "GBP");
  EXPECT_EQ(fact.customer, "c-1");
  EXPECT_EQ(fact.session, "s-1");
  EXPECT_EQ(fact.country, "DE");
  EXPECT_EQ(fact.channel, "web");
  EXPECT_EQ(fact.device, "");
  EXPECT_EQ(fact.store, "s-9");
  EXPECT_EQ(fact.source, "web");
  EXPECT_TRUE(fact.imported);
  EXPECT_EQ(fact.occurred_at, SampleTime());
  ASSERT_EQ(fact.lines.size(), 2u);  // shipping is no line
  EXPECT_EQ(fact.lines[0].amount.nanos, 1050 * kCent);
  EXPECT_EQ(fact.lines[0].discount.nanos, 10 * kCent);
  EXPECT_EQ(fact.lines[0].tax.nanos, 168 * kCent);
  ASSERT_TRUE(fact.lines[0].cost.has_value());
  EXPECT_EQ(fact.lines[0].cost->nanos, 600 * kCent);
  EXPECT_TRUE(fact.lines[0].pieces);
  EXPECT_FALSE(fact.lines[1].pieces);
  EXPECT_FALSE(fact.lines[1].cost.has_value());
}

TEST(DecodeTest, VisitorIsNoCustomer) {
  RecordSpec spec;
  spec.subject = "v-7";
  spec.visitor = "v-7";
  EXPECT_EQ(OnlyFact<DocumentFact>(MakeRecord(MakeOrder("o", 0, {{"p"}}), spec)).customer, "");
  const auto view = OnlyFact<BehaviorFact>(MakeRecord(MakeView("p1"), spec));
  EXPECT_EQ(view.customer, "");
  EXPECT_EQ(view.visitor, "v-7");
  EXPECT_EQ(view.type, BehaviorType::kProductView);
  EXPECT_EQ(view.products, std::vector<std::string>{"p1"});
}

TEST(DecodeTest, FingerprintIsWhatFiguresAreMadeOf) {
  const ev::OrderRecorded order = MakeOrder("o-1", 0, {{"p1", 1, 100}});
  const RecordSpec spec;
  const uint64_t first = OnlyFact<DocumentFact>(MakeRecord(order, spec)).fingerprint;

  RecordSpec again = spec;  // sent again by another call
  again.event_id = "e-2";
  again.received_at += absl::Hours(3);
  EXPECT_EQ(OnlyFact<DocumentFact>(MakeRecord(order, again)).fingerprint, first);

  RecordSpec elsewhere = spec;
  elsewhere.country = "FR";
  EXPECT_NE(OnlyFact<DocumentFact>(MakeRecord(order, elsewhere)).fingerprint, first);
  RecordSpec later = spec;
  later.occurred_at += absl::Microseconds(1);
  EXPECT_NE(OnlyFact<DocumentFact>(MakeRecord(order, later)).fingerprint, first);
  EXPECT_NE(OnlyFact<DocumentFact>(MakeRecord(MakeOrder("o-1", 0, {{"p1", 1, 101}}), spec)).fingerprint, first);
}

TEST(DecodeTest, CorrectionsOfMoneyAndStock) {
  ev::AdjustmentRecorded adjustment;
  adjustment.set_adjustment_id("a-1");
  adjustment.set_currency_code("GBP");
  SetDecimal(-1106206 * kCent, *adjustment.mutable_amount());
  const auto money = OnlyFact<DocumentFact>(MakeRecord(adjustment, {}));
  EXPECT_EQ(money.kind, DocumentKind::kAdjustment);
  ASSERT_EQ(money.lines.size(), 1u);
  EXPECT_EQ(money.lines[0].amount.nanos, -1106206 * kCent);
  EXPECT_EQ(money.lines[0].product, "");

  ev::StockAdjusted stock;
  stock.set_adjustment_id("s-1");
  stock.set_product_id("p1");
  stock.set_location_id("depot");
  SetDecimal(-3 * int64_t{1'000'000'000}, *stock.mutable_change()->mutable_value());
  const auto pieces = OnlyFact<DocumentFact>(MakeRecord(stock, {}));
  EXPECT_EQ(pieces.kind, DocumentKind::kStockCorrection);
  EXPECT_EQ(pieces.id, "s-1");
  EXPECT_EQ(pieces.currency, "");
  EXPECT_EQ(pieces.store, "depot");
  EXPECT_EQ(pieces.lines[0].quantity.nanos, -3 * int64_t{1'000'000'000});
  EXPECT_EQ(pieces.lines[0].amount.nanos, 0);
}

TEST(DecodeTest, RefusalsCarryTheirSender) {
  ev::EventsRefused refused;
  refused.set_source("pos-12");
  auto* one = refused.add_counts();
  one->set_reason("NEGATIVE_PRICE");
  one->set_count(4);
  auto* other = refused.add_counts();
  other->set_reason("MISSING");
  other->set_count(1);
  RecordSpec spec;
  spec.source = "ingest";
  spec.event_id = std::string(240, 'x');  // a call's id and a source: longer than ids that senders choose
  KONTOR_ASSERT_OK_AND_ASSIGN(const DecodedRecord decoded, DecodeRecord(MakeRecord(refused, spec)));
  ASSERT_EQ(decoded.facts.size(), 2u);
  const auto& fact = std::get<RefusalFact>(decoded.facts[0]);
  EXPECT_EQ(fact.source, "pos-12");
  EXPECT_EQ(fact.reason, "NEGATIVE_PRICE");
  EXPECT_EQ(fact.count, 4);
  EXPECT_EQ(fact.received_at, spec.received_at);
}

TEST(DecodeTest, EveryTypeOfTheSchemaIsKnown) {
  const auto* payloads = ev::Event::descriptor()->FindOneofByName("payload");
  for (int i = 0; i < payloads->field_count(); ++i) {
    EXPECT_TRUE(KnowsType(payloads->field(i)->message_type()->full_name()));
  }
  ev::PriceSet price;
  price.set_product_id("p1");
  KONTOR_ASSERT_OK_AND_ASSIGN(const DecodedRecord decoded, DecodeRecord(MakeRecord(price, {})));
  EXPECT_TRUE(decoded.known);
  EXPECT_TRUE(decoded.facts.empty());
}

TEST(DecodeTest, TypeFromTheFutureIsNotKnown) {
  KONTOR_ASSERT_OK_AND_ASSIGN(const DecodedRecord decoded, DecodeRecord(RecordFromTheFuture({})));
  EXPECT_FALSE(decoded.known);
  EXPECT_EQ(decoded.type, "kontor.events.v1.HologramTouched");
  EXPECT_EQ(decoded.shop, "default");
  EXPECT_FALSE(KnowsType(decoded.type));
}

TEST(DecodeTest, BrokenBytes) {
  EXPECT_THAT(DecodeRecord("\xff\xff"), StatusIs(absl::StatusCode::kInvalidArgument, kReasonRecordBroken));
  ev::EventRecord record;
  record.ParseFromString(MakeRecord(MakeOrder("o", 0, {{"p"}}), {}));
  record.set_payload("\xff\xff");
  EXPECT_THAT(DecodeRecord(record.SerializeAsString()),
              StatusIs(absl::StatusCode::kInvalidArgument, kReasonPayloadBroken));
}

TEST(DecodeTest, ValuesThatIntakeWouldRefuse) {
  const auto refused = [](const std::string& bytes) {
    EXPECT_THAT(DecodeRecord(bytes), StatusIs(absl::StatusCode::kInvalidArgument, kReasonFactInvalid));
  };
  refused(MakeRecord(MakeOrder("", 0, {{"p"}}), {}));
  refused(MakeRecord(MakeOrder("o", -1, {{"p"}}), {}));
  refused(MakeRecord(MakeOrder("o", 0, {{"p\n1"}}), {}));
  ev::OrderRecorded order = MakeOrder("o", 0, {{"p"}});
  order.mutable_lines(0)->mutable_amount()->set_units(int64_t{1} << 62);
  refused(MakeRecord(order, {}));
  order = MakeOrder("o", 0, {{"p"}});
  for (int i = 0; i < 2; ++i) order.mutable_lines(0)->add_discounts()->mutable_amount()->set_units(9'000'000'000);
  refused(MakeRecord(order, {}));
  RecordSpec spec;
  spec.country = std::string("D\0E", 3);
  refused(MakeRecord(MakeView("p"), spec));
  spec = RecordSpec();
  spec.occurred_at = absl::FromUnixSeconds(253402300799);
  refused(MakeRecord(MakeView("p"), spec));
  spec = RecordSpec();
  spec.shop = "No Shop";
  refused(MakeRecord(MakeView("p"), spec));
  refused(MakeRecord(ev::CartChanged(), {}));
}

}  // namespace
}  // namespace kontor::analytics
