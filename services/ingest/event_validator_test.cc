#include "services/ingest/event_validator.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "services/ingest/personal_data.h"
#include "services/ingest/sample_events.h"

namespace kontor::ingest {
namespace {

using kontor::events::v1::Event;

const absl::Time kNow = absl::FromUnixSeconds(1'323'435'000);

std::vector<std::string> Reasons(const Event& event, bool imported = false) {
  std::vector<std::string> reasons;
  const base::Violations violations = ValidateEvent(event, {kNow, imported});
  for (const auto& violation : violations.list()) reasons.push_back(violation.reason);
  return reasons;
}

TEST(EventValidatorTest, TakesGoodEvents) {
  EXPECT_EQ(Reasons(SampleOrder("536365", kNow)), std::vector<std::string>());
  EXPECT_EQ(Reasons(SampleView("e1", kNow)), std::vector<std::string>());
}

TEST(EventValidatorTest, AllThatIsWrongWithRelationsIsSaidAtOnce) {
  using kontor::events::v1::ProductRelation;
  Event event = SampleView("e1", kNow);
  auto& product = *event.mutable_product_upserted();
  product.set_product_id("A");
  const auto add = [&](int kind, const std::string& to) {
    auto& relation = *product.add_relations();
    relation.set_kind(static_cast<ProductRelation::Kind>(kind));
    relation.set_product_id(to);
  };
  add(ProductRelation::KIND_REQUIRES, "B");
  add(ProductRelation::KIND_ACCESSORY_OF, "B");
  EXPECT_EQ(Reasons(event), std::vector<std::string>());
  add(ProductRelation::KIND_REQUIRES, "B");
  add(ProductRelation::KIND_REQUIRES, "A");
  add(ProductRelation::KIND_UNSPECIFIED, "B");
  add(99, "B");
  add(ProductRelation::KIND_REPLACES, "");
  EXPECT_EQ(Reasons(event), (std::vector<std::string>{"DUPLICATE_RELATION", "RELATED_TO_ITSELF", "UNKNOWN_VALUE",
                                                      "UNKNOWN_VALUE", "MISSING"}));
  for (int i = 0; i < 200; ++i) add(ProductRelation::KIND_REQUIRES, "C");
  EXPECT_EQ(Reasons(event), std::vector<std::string>{"TOO_MANY_RELATIONS"});
}

struct Spoiled {
  const char* reason;
  std::function<void(Event&)> spoil;
};

class SpoiledOrderTest : public ::testing::TestWithParam<Spoiled> {};

TEST_P(SpoiledOrderTest, IsRefusedForItsReasonAlone) {
  Event event = SampleOrder("536365", kNow);
  GetParam().spoil(event);
  EXPECT_EQ(Reasons(event), std::vector<std::string>{GetParam().reason});
}

const Spoiled kSpoiled[] = {
    {"MISSING", [](Event& e) { e.clear_event_id(); }},
    {"MISSING", [](Event& e) { e.clear_occurred_at(); }},
    {"ID_INVALID", [](Event& e) { e.mutable_order_recorded()->set_order_id("a\nb"); }},
    {"ID_INVALID", [](Event& e) { e.mutable_order_recorded()->set_order_id(std::string(201, 'x')); }},
    {"UTF8_INVALID", [](Event& e) { e.mutable_circumstances()->set_country("\xff\xfe"); }},
    {"EMAIL_NOT_ALLOWED", [](Event& e) { e.mutable_actor()->set_customer_id("ann@example.org"); }},
    {"PHONE_NOT_ALLOWED", [](Event& e) { e.mutable_actor()->set_customer_id("+44 20 7946 0958"); }},
    // The test number of a card scheme's documentation: passes Luhn, belongs to nobody.
    {"CARD_NUMBER_NOT_ALLOWED", [](Event& e) { e.mutable_actor()->set_customer_id("4111 1111 1111 1111"); }},
    {"TIME_IN_FUTURE", [](Event& e) { e.mutable_occurred_at()->set_seconds(253'402'300'000); }},
    {"TIME_IN_FUTURE", [](Event& e) { fleet::SetTime(kNow + absl::Minutes(6), *e.mutable_occurred_at()); }},
    {"TIME_TOO_OLD", [](Event& e) { e.mutable_occurred_at()->set_seconds(0); }},
    {"TIME_INVALID", [](Event& e) { e.mutable_occurred_at()->set_nanos(-1); }},
    {"TIME_INVALID", [](Event& e) { e.mutable_occurred_at()->set_seconds(std::numeric_limits<int64_t>::max()); }},
    {"CURRENCY_UNKNOWN", [](Event& e) { e.mutable_order_recorded()->set_currency_code("gbp"); }},
    {"REVISION_NEGATIVE", [](Event& e) { e.mutable_order_recorded()->set_revision(-1); }},
    {"LINES_MISSING", [](Event& e) { e.mutable_order_recorded()->clear_lines(); }},
    {"LINE_ID_REPEATED", [](Event& e) { *e.mutable_order_recorded()->add_lines() = e.order_recorded().lines(0); }},
    {"MISSING",
     [](Event& e) {
       e.mutable_order_recorded()->mutable_lines(0)->clear_unit_price(),
           e.mutable_order_recorded()->mutable_lines(0)->clear_amount();
     }},
    {"UNIT_PRICE_MISMATCH",
     [](Event& e) { e.mutable_order_recorded()->mutable_lines(0)->mutable_amount()->set_units(16); }},
    {"NUMBER_INVALID",
     [](Event& e) { e.mutable_order_recorded()->mutable_lines(0)->mutable_cost()->set_nanos(1'000'000'000); }},
    {"NEGATIVE_COST", [](Event& e) { e.mutable_order_recorded()->mutable_lines(0)->mutable_cost()->set_units(-1); }},
    {"PAYLOAD_MISSING", [](Event& e) { e.clear_payload(); }},
    {"EVENT_TOO_LARGE", [](Event& e) { e.mutable_actor()->set_user_agent(std::string(10 << 20, 'x')); }},
};
INSTANTIATE_TEST_SUITE_P(All, SpoiledOrderTest, ::testing::ValuesIn(kSpoiled));

TEST(EventValidatorTest, ANegativePriceIsRefused) {
  Event event = SampleOrder("536365", kNow);
  auto& line = *event.mutable_order_recorded()->mutable_lines(0);
  line.clear_unit_price();
  line.mutable_amount()->set_units(-15);
  line.mutable_amount()->set_nanos(-300'000'000);
  EXPECT_EQ(Reasons(event), std::vector<std::string>{"NEGATIVE_PRICE"});
}

TEST(EventValidatorTest, TellsEverythingAtOnce) {
  Event event = SampleOrder("", kNow);
  event.mutable_order_recorded()->set_currency_code("EURO");
  event.mutable_order_recorded()->mutable_lines(0)->clear_product_id();
  const base::Violations violations = ValidateEvent(event, {kNow});
  ASSERT_EQ(violations.list().size(), 3u);
  EXPECT_EQ(violations.list()[0].field, "order_recorded.order_id");
  EXPECT_EQ(violations.list()[1].field, "order_recorded.currency_code");
  EXPECT_EQ(violations.list()[2].field, "order_recorded.lines[0].product_id");
}

TEST(EventValidatorTest, LateBehaviourIsForImports) {
  const Event event = SampleView("e1", kNow - absl::Hours(24 * 8));
  EXPECT_EQ(Reasons(event), std::vector<std::string>{"TOO_LATE"});
  EXPECT_EQ(Reasons(event, true), std::vector<std::string>());
  EXPECT_EQ(Reasons(SampleOrder("1", kNow - absl::Hours(24 * 8))), std::vector<std::string>());
}

TEST(EventValidatorTest, BehaviourNeedsASubject) {
  Event event = SampleView("e1", kNow);
  event.clear_actor();
  EXPECT_EQ(Reasons(event), std::vector<std::string>{"SUBJECT_MISSING"});
}

TEST(EventValidatorTest, ZeroQuantityWithAnAmountIsLegitimate) {
  Event event = SampleOrder("1", kNow);
  auto& line = *event.mutable_order_recorded()->mutable_lines(0);
  line.clear_unit_price();
  line.mutable_quantity()->mutable_value()->set_units(0);
  EXPECT_EQ(Reasons(event), std::vector<std::string>());
}

TEST(PersonalDataTest, FindsAndLeavesAlone) {
  EXPECT_EQ(FindPersonalData("write to ann.b+c@mail.example.org now"), PersonalData::kEmail);
  EXPECT_EQ(FindPersonalData("4111-1111-1111-1111"), PersonalData::kCardNumber);
  EXPECT_EQ(FindPersonalData("call +49 170 1234567"), PersonalData::kPhone);
  for (const char* harmless : {"17850", "mug @ home", "a@b", "536365", "4111111111111112", "size 12-14", "31198570044",
                               "sku4111111111111111", "", "@", "x@.", "+12"}) {
    EXPECT_EQ(FindPersonalData(harmless), PersonalData::kNone) << harmless;
  }
}

}  // namespace
}  // namespace kontor::ingest
