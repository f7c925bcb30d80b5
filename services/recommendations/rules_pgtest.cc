#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/platform/log/memory_event_log.h"
#include "services/recommendations/preview_handler.h"
#include "services/recommendations/rule_convert.h"
#include "services/recommendations/rule_handler.h"
#include "services/recommendations/test_database.h"
#include "services/recommendations/test_handler.h"

// Rules in PostgreSQL: their service, their way into answers, previews.
namespace kontor::recommendations {
namespace {

using kontor::testing::PrivatePostgres;
using kontor::testing::StatusIs;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

class RulesTest : public RecommendHandlerTest {
 protected:
  static v1::Rule Excluding(const std::string& product) {
    v1::Rule rule;
    rule.mutable_condition()->add_product_ids(product);
    rule.mutable_exclude();
    return rule;
  }
  absl::StatusOr<v1::Rule> Create(const std::string& id, const v1::Rule& rule) {
    v1::CreateRuleRequest request;
    request.set_parent("shops/default");
    request.set_rule_id(id);
    *request.mutable_rule() = rule;
    return rule_handler_.CreateRule(call_, request);
  }
  absl::StatusOr<v1::Rule> Update(const v1::Rule& rule, const std::vector<std::string>& mask = {}) {
    v1::UpdateRuleRequest request;
    *request.mutable_rule() = rule;
    for (const std::string& path : mask) request.mutable_update_mask()->add_paths(path);
    return rule_handler_.UpdateRule(call_, request);
  }
  absl::Status Delete(const std::string& name, const std::string& etag = "") {
    v1::DeleteRuleRequest request;
    request.set_name(name);
    request.set_etag(etag);
    return rule_handler_.DeleteRule(call_, request).status();
  }
  std::vector<std::string> List(int page_size = 0) {
    v1::ListRulesRequest request;
    request.set_page_size(page_size);
    std::vector<std::string> names;
    do {
      const auto page = rule_handler_.ListRules(call_, request);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      for (const v1::Rule& rule : page->rules()) names.push_back(rule.name());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return names;
  }

  std::unique_ptr<postgres::Pool> pool_ = TestPool(PrivatePostgres::Shared().CreateDatabase());
  RuleStore store_{*pool_};
  RuleKeeper keeper_{store_, rules_, shops_};
  RuleHandler rule_handler_{{store_, keeper_, serving_, clock_}};
  PreviewHandler preview_{answerer_, requests_, store_};
};

TEST_F(RulesTest, ARuleLivesItsLife) {
  EXPECT_THAT(Products(Ask()), Contains("SOAP"));
  KONTOR_ASSERT_OK_AND_ASSIGN(v1::Rule rule, Create("no-soap", Excluding("SOAP")));
  EXPECT_EQ(rule.name(), "shops/default/rules/no-soap");
  EXPECT_FALSE(rule.etag().empty());
  EXPECT_TRUE(rule.has_create_time());
  EXPECT_THAT(Products(Ask()), Not(Contains("SOAP"))) << "in force before the call returned";
  EXPECT_THAT(Create("no-soap", Excluding("TEA")), StatusIs(absl::StatusCode::kAlreadyExists, kReasonRuleExists));

  v1::Rule other = rule;
  other.clear_etag();
  other.set_priority(7);
  other.mutable_bury();
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::Rule raised, Update(other, {"priority"}));
  EXPECT_EQ(raised.priority(), 7);
  EXPECT_TRUE(raised.has_exclude()) << "not in the mask";
  EXPECT_NE(raised.etag(), rule.etag());
  EXPECT_THAT(Update(rule), StatusIs(absl::StatusCode::kAborted, kReasonRuleChanged));
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::Rule buried, Update(other));
  EXPECT_TRUE(buried.has_bury());
  EXPECT_EQ(Products(Ask()).back(), "SOAP");
  EXPECT_THAT(Update(other, {"colour"}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Update(other, {"etag"}), StatusIs(absl::StatusCode::kInvalidArgument));
  other.mutable_boost()->set_factor(-1);
  EXPECT_THAT(Update(other, {"boost"}), StatusIs(absl::StatusCode::kInvalidArgument));

  v1::GetRuleRequest get;
  get.set_name(rule.name());
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::Rule read, rule_handler_.GetRule(call_, get));
  EXPECT_EQ(read.SerializeAsString(), buried.SerializeAsString());
  EXPECT_THAT(Delete(rule.name(), rule.etag()), StatusIs(absl::StatusCode::kAborted, kReasonRuleChanged));
  KONTOR_ASSERT_OK(Delete(rule.name(), buried.etag()));
  EXPECT_NE(Products(Ask()).back(), "SOAP");
  EXPECT_THAT(Delete(rule.name()), StatusIs(absl::StatusCode::kNotFound, kReasonRuleUnknown));
  EXPECT_THAT(rule_handler_.GetRule(call_, get), StatusIs(absl::StatusCode::kNotFound, kReasonRuleUnknown));
  EXPECT_THAT(Delete("shops/other/rules/x"), StatusIs(absl::StatusCode::kInvalidArgument, kReasonRuleName));
}

TEST_F(RulesTest, NamesEveryViolation) {
  v1::Rule rule;
  rule.set_priority(5000);
  rule.mutable_start_time()->set_seconds(10);
  rule.mutable_end_time()->set_seconds(10);
  rule.add_placements(v1::PLACEMENT_UNSPECIFIED);
  rule.mutable_condition()->add_brands("");
  rule.mutable_condition()->mutable_min_price()->set_currency_code("pounds");
  rule.mutable_cap()->set_max_count(0);
  const absl::Status status = Create("Not an id", rule).status();
  std::vector<std::string> fields;
  for (const base::Violation& violation : base::ErrorViolations(status)) fields.push_back(violation.field);
  EXPECT_THAT(fields,
              ElementsAre("rule_id", "rule.priority", "rule.end_time", "rule.placements[0]", "rule.condition.brands[0]",
                          "rule.condition.min_price", "rule.cap.per", "rule.cap.max_count"));
  EXPECT_THAT(Create("nothing", v1::Rule()), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(RulesTest, ListsInTheOrderInWhichTheyAct) {
  for (const char* id : {"c", "a", "b"}) {
    v1::Rule rule = Excluding("LAMP");
    if (std::string(id) == "b") rule.set_priority(1);
    KONTOR_ASSERT_OK(Create(id, rule));
  }
  const auto expected = ElementsAre("shops/default/rules/b", "shops/default/rules/a", "shops/default/rules/c");
  EXPECT_THAT(List(), expected);
  EXPECT_THAT(List(1), expected);
}

TEST_F(RulesTest, OtherProcessesFollowAndTheLastKnownRulesStay) {
  RuleBook other(shops_);
  RuleKeeper follower(store_, other, shops_);
  KONTOR_ASSERT_OK(follower.RefreshAll());
  EXPECT_EQ(other.Get(kTestShop)->version, 0);
  KONTOR_ASSERT_OK(Create("no-soap", Excluding("SOAP")));
  v1::Rule off = Excluding("TEA");
  off.set_disabled(true);
  KONTOR_ASSERT_OK(Create("off", off));
  KONTOR_ASSERT_OK(follower.RefreshAll());
  ASSERT_EQ(other.Get(kTestShop)->rules.size(), 1u);
  EXPECT_EQ(other.Get(kTestShop)->rules[0].id, "no-soap");
  const auto known = other.Get(kTestShop);
  KONTOR_ASSERT_OK(follower.RefreshAll());
  EXPECT_EQ(other.Get(kTestShop), known) << "nothing is read again";
  KONTOR_ASSERT_OK(pool_->Exec("ALTER TABLE recommendations.rule_versions RENAME TO away"));
  EXPECT_FALSE(follower.RefreshAll().ok());
  EXPECT_EQ(other.Get(kTestShop), known);
}

TEST_F(RulesTest, EveryActionAndConditionSurvivesStoring) {
  std::vector<v1::Rule> rules(10);
  rules[0].mutable_boost()->set_factor(2);
  rules[1].mutable_bury();
  rules[2].mutable_pin()->set_position(3);
  rules[3].mutable_exclude();
  rules[4].mutable_cap()->set_per(v1::Rule::Cap::PER_SELLER);
  rules[4].mutable_cap()->set_max_count(2);
  rules[5].mutable_price_spread()->set_currency_code("GBP");
  rules[5].mutable_price_spread()->set_spread(0.5);
  rules[6].mutable_margin_floor()->set_nanos(250'000'000);
  rules[7].mutable_max_price()->set_currency_code("GBP");
  rules[7].mutable_max_price()->set_units(9);
  rules[8].mutable_require_attribute()->set_name("organic");
  rules[8].mutable_require_attribute()->set_value("true");
  rules[9].mutable_in_stock();
  for (size_t i = 0; i < rules.size(); ++i) KONTOR_ASSERT_OK(Create(absl::StrCat("r", i), rules[i]));
  const auto book = rules_.Get(kTestShop);
  ASSERT_EQ(book->rules.size(), rules.size());
  for (size_t i = 0; i < rules.size(); ++i) EXPECT_EQ(book->rules[i].action.index(), i);
  EXPECT_EQ(std::get<MarginFloor>(book->rules[6].action).share_nanos, 250'000'000);
  EXPECT_EQ(std::get<PriceLimit>(book->rules[7].action).most_nanos, 9 * base::Decimal::kOne);
  EXPECT_EQ(std::get<Cap>(book->rules[4].action).per, Cap::Per::kSeller);
}

TEST_F(RulesTest, APreviewSaysWhatWouldChangeAndChangesNothing) {
  v1::PreviewRulesRequest asked;
  EXPECT_THAT(preview_.PreviewRules(call_, asked), StatusIs(absl::StatusCode::kFailedPrecondition, kReasonNoRequests));
  KnowTeaDrinker();
  const std::vector<std::string> before = Products(Ask());
  request_.Clear();
  request_.set_country("Spain");
  Ask();
  *asked.add_rules() = Excluding("MILK");
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::PreviewRulesResponse response, preview_.PreviewRules(call_, asked));
  EXPECT_EQ(response.requests(), 2);
  EXPECT_EQ(response.changed(), 2);
  ASSERT_EQ(response.examples_size(), 2);
  EXPECT_THAT(response.examples(0).before_product_ids(), Contains("MILK"));
  EXPECT_THAT(response.examples(0).after_product_ids(), Not(Contains("MILK")));
  EXPECT_EQ(response.before().places(), response.after().places() + 2);
  EXPECT_EQ(response.before().products(), response.after().products() + 1);
  EXPECT_FALSE(response.before().has_average_margin());
  EXPECT_THAT(List(), IsEmpty());

  v1::Rule off = Excluding("TEA");
  off.set_disabled(true);
  KONTOR_ASSERT_OK(Create("off", off));
  asked.clear_rules();
  asked.add_enabled_rules("shops/default/rules/off");
  v1::RecommendRequest& given = *asked.add_requests();
  given.set_customer_id("17850");
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::PreviewRulesResponse enabled, preview_.PreviewRules(call_, asked));
  EXPECT_EQ(enabled.requests(), 1);
  EXPECT_THAT(enabled.examples(0).before_product_ids(), Contains("TEA"));
  EXPECT_THAT(enabled.examples(0).after_product_ids(), Not(Contains("TEA")));
  asked.add_enabled_rules("shops/default/rules/nobody");
  EXPECT_THAT(preview_.PreviewRules(call_, asked), StatusIs(absl::StatusCode::kNotFound, kReasonRuleUnknown));
  request_.Clear();
  request_.set_customer_id("17850");
  EXPECT_EQ(Products(Ask()), before);
}

}  // namespace
}  // namespace kontor::recommendations
