#include <cmath>
#include <map>
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/recommendations/test_handler.h"

// What filters, rules, re-ranking, pages and explanations make of answers.
namespace kontor::recommendations {
namespace {

namespace ev = kontor::events::v1;
using kontor::testing::StatusIs;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class AnswersTest : public RecommendHandlerTest {
 protected:
  struct About {
    std::vector<std::string> path = {};
    std::string brand, group, seller;
    std::string organic;  // an attribute
  };
  void Upsert(const std::string& id, const About& about) {
    ev::ProductUpserted product = Product(id, id, about.path, ++revision_);
    product.set_brand(about.brand);
    product.set_variant_group_id(about.group);
    product.set_supplier_id(about.seller);
    if (!about.organic.empty()) {
      product.add_attributes()->set_name("organic");
      product.mutable_attributes(0)->set_text(about.organic);
    }
    Send(fleet::kCatalog, id, RecordBytes(product));
  }
  void SetPrice(const std::string& id, int64_t units, int64_t cost = -1) {
    ev::PriceSet price;
    price.set_product_id(id);
    price.set_revision(++revision_);
    price.set_currency_code("GBP");
    price.mutable_price()->set_units(units);
    if (cost >= 0) price.mutable_cost()->set_units(cost);
    Send(fleet::kCatalog, id, RecordBytes(price));
  }
  void SetStock(const std::string& id, int64_t units) {
    ev::StockLevelSet level;
    level.set_product_id(id);
    level.set_location_id("north");
    level.set_revision(++revision_);
    level.mutable_on_hand()->mutable_value()->set_units(units);
    Send(fleet::kInventory, id, RecordBytes(level));
  }
  void Rules(std::vector<Rule> rules) {
    rules_.Publish(kTestShop, std::make_shared<const RuleSet>(RuleSet{++revision_, std::move(rules)}));
    serving_.Refresh(kTestShop);
  }
  static Rule MakeRule(const std::string& id, RuleAction action, std::vector<std::string> products = {}) {
    Rule rule;
    rule.id = id;
    rule.action = action;
    rule.condition.products = std::move(products);
    return rule;
  }
  v1::ExplainAbsenceResponse Explain(const std::string& product) {
    v1::ExplainAbsenceRequest asked;
    *asked.mutable_request() = request_;
    asked.set_parent("shops/default");
    asked.set_product_id(product);
    const auto response = handler_.ExplainAbsence(call_, asked);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.value_or(v1::ExplainAbsenceResponse());
  }
  v1::AbsenceReason::Cause CauseOf(const std::string& product) {
    const v1::ExplainAbsenceResponse response = Explain(product);
    return response.reasons().empty() ? v1::AbsenceReason::CAUSE_UNSPECIFIED : response.reasons(0).cause();
  }

  int64_t revision_ = 10;
};

TEST_F(AnswersTest, FiltersByBudgetAttributeAndStock) {
  SetPrice("SOAP", 5);
  SetPrice("TEA", 20);
  Upsert("SOAP", {.organic = "true"});
  SetStock("SOAP", 0);
  SetStock("TEA", 3);
  request_.mutable_max_price()->set_currency_code("GBP");
  request_.mutable_max_price()->set_units(10);
  EXPECT_THAT(Products(Ask()), ElementsAre("SOAP")) << "prices of the others are unknown";
  EXPECT_EQ(CauseOf("TEA"), v1::AbsenceReason::CAUSE_BUDGET);
  request_.mutable_max_price()->set_currency_code("EUR");
  EXPECT_THAT(Products(Ask()), IsEmpty());
  request_.clear_max_price();

  request_.add_required_attributes()->set_name("organic");
  request_.mutable_required_attributes(0)->set_value("true");
  EXPECT_THAT(Products(Ask()), ElementsAre("SOAP"));
  EXPECT_EQ(CauseOf("MILK"), v1::AbsenceReason::CAUSE_ATTRIBUTE);
  request_.clear_required_attributes();

  request_.set_in_stock_only(true);
  EXPECT_THAT(Products(Ask()), Not(Contains("SOAP")));
  EXPECT_THAT(Products(Ask()), Contains("MILK")) << "unknown stock is not none";
  EXPECT_EQ(CauseOf("SOAP"), v1::AbsenceReason::CAUSE_OUT_OF_STOCK);
}

TEST_F(AnswersTest, VariantsShareOnePlaceAndOneExclusion) {
  Upsert("SOAP", {.group = "wash"});
  Upsert("BRUSH", {.group = "wash"});
  const auto both = [&] {
    const std::vector<std::string> products = Products(Ask());
    return std::count(products.begin(), products.end(), "SOAP") + std::count(products.begin(), products.end(), "BRUSH");
  };
  EXPECT_EQ(both(), 1);
  request_.set_variants(v1::VARIANTS_ALL);
  EXPECT_EQ(both(), 2);
  request_.clear_variants();
  request_.add_basket_product_ids("BRUSH");
  EXPECT_EQ(both(), 0);
  const v1::ExplainAbsenceResponse absence = Explain("SOAP");
  ASSERT_EQ(absence.reasons_size(), 1);
  EXPECT_EQ(absence.reasons(0).cause(), v1::AbsenceReason::CAUSE_IN_BASKET);
  EXPECT_EQ(absence.reasons(0).product_id(), "BRUSH");
  EXPECT_EQ(absence.reasons(0).text(), "SOAP is a variant of what is in the basket, BRUSH");
  request_.set_variants(v1::VARIANTS_ALL);
  EXPECT_EQ(both(), 1);
}

TEST_F(AnswersTest, RulesActAndSayThatTheyDid) {
  Rules({MakeRule("no-soap", ExcludeItems{}, {"SOAP"}), MakeRule("lamp-first", Pin{1}, {"LAMP"}),
         MakeRule("tea-up", Boost{100}, {"TEA"})});
  request_.set_include_trace(true);
  const v1::RecommendResponse response = Ask();
  EXPECT_EQ(Products(response)[0], "LAMP");
  EXPECT_EQ(Products(response)[1], "TEA");
  EXPECT_THAT(Products(response), Not(Contains("SOAP")));
  EXPECT_THAT(response.recommendations(0).rules(), ElementsAre("shops/default/rules/lamp-first"));
  std::map<std::string, v1::ProductTrace> traces;
  for (const auto& trace : response.traces()) traces[trace.product_id()] = trace;
  EXPECT_EQ(traces["LAMP"].place(), 1);
  EXPECT_GT(traces["LAMP"].place_without_rules(), 1);
  EXPECT_EQ(traces["SOAP"].place(), 0);
  EXPECT_GT(traces["SOAP"].place_without_rules(), 0);
  EXPECT_THAT(traces["SOAP"].rules(), ElementsAre("shops/default/rules/no-soap"));
  EXPECT_EQ(traces["SOAP"].absence().cause(), v1::AbsenceReason::CAUSE_RULE);
  EXPECT_FLOAT_EQ(traces["TEA"].score(), 100 * traces["TEA"].model_score());
  EXPECT_THAT(traces["TEA"].rules(), ElementsAre("shops/default/rules/tea-up"));
  const v1::ExplainAbsenceResponse absence = Explain("SOAP");
  EXPECT_EQ(absence.reasons(0).rule(), "shops/default/rules/no-soap");
  EXPECT_THAT(absence.reasons(0).text(), HasSubstr("no-soap"));
}

TEST_F(AnswersTest, RulesMindPlacementCountryAndTime) {
  Rule rule = MakeRule("no-soap", ExcludeItems{}, {"SOAP"});
  rule.placements = {v1::PLACEMENT_POPULAR};
  rule.countries = {"Spain"};
  rule.end_seconds = absl::ToUnixSeconds(clock_.Now()) + 60;
  Rules({rule});
  EXPECT_THAT(Products(Ask()), Contains("SOAP"));
  request_.set_placement(v1::PLACEMENT_POPULAR);
  EXPECT_THAT(Products(Ask()), Contains("SOAP"));
  request_.set_country("Spain");
  EXPECT_THAT(Products(Ask()), Not(Contains("SOAP")));
  clock_.Advance(absl::Seconds(60));
  EXPECT_THAT(Products(Ask()), Contains("SOAP"));
  request_.mutable_as_of()->set_seconds(absl::ToUnixSeconds(clock_.Now()) - 30);
  EXPECT_THAT(Products(Ask()), Not(Contains("SOAP"))) << "the time is that of the request";
}

TEST_F(AnswersTest, RulesFollowTheCatalogue) {
  Rule floor = MakeRule("margin", MarginFloor{500'000'000});
  Rule stock = MakeRule("stock", RequireStock{});
  Rules({floor, stock});
  EXPECT_THAT(Products(Ask()), Contains("SOAP"));
  SetPrice("SOAP", 10, 8);
  EXPECT_THAT(Products(Ask()), Not(Contains("SOAP")));
  SetPrice("SOAP", 10, 2);
  EXPECT_THAT(Products(Ask()), Contains("SOAP"));
  SetStock("SOAP", 0);
  EXPECT_THAT(Products(Ask()), Not(Contains("SOAP")));
  SetStock("SOAP", 1);
  EXPECT_THAT(Products(Ask()), Contains("SOAP"));
}

TEST_F(AnswersTest, ProductsThatTheModelHasNotMet) {
  EXPECT_EQ(CauseOf("KETTLE"), v1::AbsenceReason::CAUSE_UNKNOWN_PRODUCT);
  Upsert("KETTLE", {.path = {"KITCHEN"}, .brand = "BOIL"});
  EXPECT_EQ(CauseOf("KETTLE"), v1::AbsenceReason::CAUSE_NOT_NOMINATED);
  request_.set_page_size(4);
  request_.set_exploration_share(0.25);
  const v1::RecommendResponse response = Ask();
  ASSERT_EQ(response.recommendations_size(), 4);
  EXPECT_EQ(response.recommendations(3).product_id(), "KETTLE");
  EXPECT_EQ(response.recommendations(3).title(), "KETTLE");
  EXPECT_EQ(response.recommendations(3).propensity(), 1) << "one place, one product";
  EXPECT_EQ(response.recommendations(3).reasons(0).kind(), v1::Reason::KIND_NEW_ITEM);
  EXPECT_EQ(Explain("KETTLE").place(), 4);
  request_.add_basket_product_ids("KETTLE");
  EXPECT_THAT(Products(Ask()), Not(Contains("KETTLE")));
  request_.clear_basket_product_ids();
  Rules({MakeRule("kettle", Pin{1}, {"KETTLE"})});
  request_.set_exploration_share(0);
  EXPECT_EQ(Products(Ask())[0], "KETTLE");
  Rules({});
  request_.set_exploration_share(0.25);
  for (int i = 0; i < 50; ++i) {
    ev::ItemsShown shown;
    for (int n = 0; n < 10; ++n) shown.add_product_ids("KETTLE");
    Send(fleet::kBehavior, "v", RecordBytes(shown, {.visitor = "v"}));
  }
  EXPECT_THAT(Products(Ask()), Not(Contains("KETTLE"))) << "shown often enough";
}

TEST_F(AnswersTest, TheSameSnapshotRequestAndSeedIsTheSameList) {
  KnowTeaDrinker();
  for (const char* product : {"KETTLE", "POT", "PAN"}) Upsert(product, {.path = {"KITCHEN"}});
  Rules({MakeRule("tea-up", Boost{2}, {"TEA"})});
  request_.set_exploration_share(0.4);
  request_.set_diversity(0.3);
  request_.mutable_as_of()->set_seconds(1'400'000'000);
  const v1::RecommendResponse first = Ask();
  EXPECT_NE(first.seed(), 0u);
  request_.set_seed(first.seed());
  const v1::RecommendResponse again = Ask();
  EXPECT_EQ(again.snapshot(), first.snapshot());
  EXPECT_EQ(Products(again), Products(first));
  for (int i = 0; i < first.recommendations_size(); ++i) {
    EXPECT_EQ(again.recommendations(i).propensity(), first.recommendations(i).propensity());
  }
  const std::string before = first.snapshot();
  SetPrice("TEA", 3);
  EXPECT_NE(Ask().snapshot(), before);
  Rules({});
  EXPECT_THAT(Ask().snapshot(), HasSubstr("m3.r"));
}

TEST_F(AnswersTest, APageRepeatsNothing) {
  Upsert("SOAP", {.group = "wash"});
  Upsert("BRUSH", {.group = "wash"});
  KnowTeaDrinker();
  v1::RecommendPageRequest page;
  page.set_parent("shops/default");
  for (const auto placement : {v1::PLACEMENT_BUY_AGAIN, v1::PLACEMENT_POPULAR, v1::PLACEMENT_FOR_YOU}) {
    v1::RecommendRequest& one = *page.add_requests();
    one.set_placement(placement);
    one.set_page_size(2);
  }
  page.mutable_requests(0)->set_customer_id("17850");
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::RecommendPageResponse response, handler_.RecommendPage(call_, page));
  ASSERT_EQ(response.responses_size(), 3);
  EXPECT_EQ(histories_.gets(), 1) << "one reading of the history";
  std::set<std::string> seen, tokens;
  for (const auto& one : response.responses()) {
    EXPECT_EQ(one.recommendations_size(), &one == &response.responses(2) ? one.recommendations_size() : 2);
    for (const auto& product : one.recommendations()) EXPECT_TRUE(seen.insert(product.product_id()).second);
    tokens.insert(one.attribution_token());
  }
  EXPECT_EQ(tokens.size(), 3u);
  EXPECT_FALSE(seen.contains("SOAP") && seen.contains("BRUSH"));

  page.mutable_requests(1)->set_customer_id("somebody else");
  page.mutable_requests(2)->set_page_size(-1);
  const absl::Status status = handler_.RecommendPage(call_, page).status();
  std::vector<std::string> fields;
  for (const base::Violation& violation : base::ErrorViolations(status)) fields.push_back(violation.field);
  EXPECT_THAT(fields, ElementsAre("requests[1].customer_id", "requests[2].page_size"));
  EXPECT_THAT(handler_.RecommendPage(call_, v1::RecommendPageRequest()), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(AnswersTest, BoughtTogetherTrendingAndRecentlyViewed) {
  request_.set_placement(v1::PLACEMENT_BOUGHT_TOGETHER);
  EXPECT_THAT(handler_.Recommend(call_, request_), StatusIs(absl::StatusCode::kInvalidArgument));
  request_.add_session_product_ids("SOAP");
  const v1::RecommendResponse together = Ask();
  EXPECT_EQ(together.recommendations(0).product_id(), "BRUSH");
  EXPECT_EQ(together.recommendations(0).reasons(0).kind(), v1::Reason::KIND_BOUGHT_TOGETHER);
  EXPECT_EQ(CauseOf("SOAP"), v1::AbsenceReason::CAUSE_ASKED_PRODUCT);

  request_.Clear();
  request_.set_placement(v1::PLACEMENT_TRENDING);
  EXPECT_THAT(Products(Ask()), Not(IsEmpty()));

  request_.set_placement(v1::PLACEMENT_RECENTLY_VIEWED);
  request_.set_visitor_id("v-9");
  request_.add_session_product_ids("TEA");
  Upsert("KETTLE", {});
  Send(fleet::kBehavior, "v-9", RecordBytes(Viewed("SOAP"), {.visitor = "v-9"}));
  Send(fleet::kBehavior, "v-9", RecordBytes(Viewed("KETTLE"), {.visitor = "v-9"}));
  Send(fleet::kBehavior, "v-9", RecordBytes(Carted("MILK"), {.visitor = "v-9"}));
  const v1::RecommendResponse viewed = Ask();
  EXPECT_THAT(Products(viewed), ElementsAre("TEA", "KETTLE", "SOAP"));
  EXPECT_EQ(viewed.tier(), v1::TIER_PERSONAL);
  EXPECT_EQ(viewed.recommendations(1).reasons(0).text(), "you looked at it");
  EXPECT_EQ(CauseOf("MILK"), v1::AbsenceReason::CAUSE_IN_CART);
  EXPECT_EQ(CauseOf("LAMP"), v1::AbsenceReason::CAUSE_NOT_LISTED);
}

TEST_F(AnswersTest, WhatWasSeenWithoutALookFalls) {
  request_.set_visitor_id("v-9");
  const std::vector<std::string> before = Products(Ask());
  const auto score = [&](const std::string& product) {
    const v1::RecommendResponse response = Ask();
    for (const auto& one : response.recommendations()) {
      if (one.product_id() == product) return one.score();
    }
    return -1.0;
  };
  const double first = score(before[0]);
  ev::ItemsShown shown;
  shown.add_product_ids(before[0]);
  const TestRecord now{.visitor = "v-9", .occurred_at = clock_.Now()};
  for (int i = 0; i < 3; ++i) Send(fleet::kBehavior, "v-9", RecordBytes(shown, now));
  EXPECT_NEAR(score(before[0]), first * std::pow(0.9, 3), 1e-5);
  request_.set_impression_discount(0.5);
  EXPECT_NEAR(score(before[0]), first * 0.2, 1e-5) << "not below a fifth";
  request_.set_impression_discount(0);
  EXPECT_NEAR(score(before[0]), first, 1e-5);
  request_.clear_impression_discount();
  request_.set_placement(v1::PLACEMENT_BUY_AGAIN);
  request_.set_impression_discount(1);
  EXPECT_THAT(handler_.Recommend(call_, request_), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(AnswersTest, ExplanationsAgreeWithAnswers) {
  KnowTeaDrinker();
  request_.set_page_size(3);
  request_.set_bought_products(v1::BOUGHT_PRODUCTS_EXCLUDE);
  const std::vector<std::string> shown = Products(Ask());
  for (const char* product : {"TEA", "CUP", "MILK", "SOAP", "BRUSH", "TOWEL", "LAMP"}) {
    const v1::ExplainAbsenceResponse response = Explain(product);
    const auto place = std::find(shown.begin(), shown.end(), product);
    EXPECT_EQ(response.place(), place == shown.end() ? 0 : place - shown.begin() + 1) << product;
    EXPECT_EQ(response.reasons().empty(), response.place() > 0) << product;
  }
  EXPECT_EQ(CauseOf("TEA"), v1::AbsenceReason::CAUSE_BOUGHT);
  request_.set_effort(v1::EFFORT_POPULAR);
  const std::vector<std::string> popular = Products(Ask());
  for (const std::string& product : popular) EXPECT_GT(Explain(product).place(), 0) << product;
  EXPECT_NE(popular, shown);
  Serve(nullptr);
  EXPECT_EQ(CauseOf("TEA"), v1::AbsenceReason::CAUSE_NO_MODEL);
}

}  // namespace
}  // namespace kontor::recommendations
