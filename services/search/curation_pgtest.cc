#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/testing/status_matchers.h"
#include "services/search/test_process.h"

namespace kontor::search {
namespace {

using kontor::testing::StatusIs;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

TEST_F(SearchServiceTest, RulesAndSynonymsAreServedAndTraced) {
  Process process(dsn_, folder_);
  process.SendProducts(ToolShop());
  v1::CreateRuleRequest create;
  create.set_parent("shops/default");
  create.set_rule_id("spring");
  create.mutable_rule()->mutable_condition()->add_queries("Drills");
  create.mutable_rule()->add_actions()->mutable_pin()->set_product_id("H1");
  create.mutable_rule()->mutable_actions(0)->mutable_pin()->set_place(1);
  create.mutable_rule()->add_actions()->mutable_hide()->add_product_ids("D2");
  create.mutable_rule()->add_actions()->mutable_banner()->set_text("Spring sale");
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::Rule rule, process.Curate(&v1::CurationService::Stub::CreateRule, create));
  EXPECT_EQ(rule.name(), "shops/default/rules/spring");
  EXPECT_THAT(process.Curate(&v1::CurationService::Stub::CreateRule, create),
              StatusIs(absl::StatusCode::kAlreadyExists, "CURATION_EXISTS"));

  v1::SearchRequest request;
  request.set_query("drills");
  request.set_include_trace(true);
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse curated, process.Search(request));
  EXPECT_EQ(curated.results(0).product_id(), "H1");
  EXPECT_THAT(curated.results(0).rules(), ElementsAre(rule.name()));
  EXPECT_THAT(ProductsOf(curated), Not(Contains("D2")));
  EXPECT_EQ(curated.total_results(), 3);
  ASSERT_EQ(curated.banners_size(), 1);
  EXPECT_EQ(curated.banners(0).text(), "Spring sale");
  EXPECT_GE(curated.traces_size(), 1);
  EXPECT_EQ(curated.traces(0).rule(), rule.name());

  v1::UpdateRuleRequest update;
  update.mutable_rule()->set_name(rule.name());
  update.mutable_rule()->set_etag(rule.etag());
  update.mutable_rule()->set_disabled(true);
  update.mutable_update_mask()->add_paths("disabled");
  KONTOR_ASSERT_OK(process.Curate(&v1::CurationService::Stub::UpdateRule, update));
  EXPECT_THAT(process.Curate(&v1::CurationService::Stub::UpdateRule, update),
              StatusIs(absl::StatusCode::kAborted, "CURATION_CHANGED"));
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse plain, process.Search(request));
  EXPECT_THAT(ProductsOf(plain), UnorderedElementsAre("D1", "D2", "D3"));

  v1::CreateSynonymSetRequest synonyms;
  synonyms.set_parent("shops/default");
  synonyms.set_synonym_set_id("gloves");
  synonyms.mutable_synonym_set()->set_direction(v1::SynonymSet::DIRECTION_TWO_WAY);
  synonyms.mutable_synonym_set()->add_phrases("gloves");
  synonyms.mutable_synonym_set()->add_phrases("mittens");
  KONTOR_ASSERT_OK(process.Curate(&v1::CurationService::Stub::CreateSynonymSet, synonyms));
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse mittens, process.Search("mittens"));
  EXPECT_EQ(mittens.total_results(), 2);
  EXPECT_THAT(mittens.reading().synonyms(), ElementsAre("gloves"));

  v1::CreateRuleRequest bad;
  bad.set_parent("shops/default");
  bad.set_rule_id("Bad Id");
  bad.mutable_rule()->add_actions()->mutable_boost()->set_factor(99);
  const auto refused = process.Curate(&v1::CurationService::Stub::CreateRule, bad);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(base::ErrorViolations(refused.status()).size(), 3u);  // id, factor, neither filter nor products
}

TEST_F(SearchServiceTest, APreviewShowsWhatWouldChangeAndChangesNothing) {
  Process process(dsn_, folder_);
  process.SendProducts(ToolShop());
  v1::PreviewCurationRequest request;
  request.set_parent("shops/default");
  EXPECT_THAT(process.Curate(&v1::CurationService::Stub::PreviewCuration, request),
              StatusIs(absl::StatusCode::kFailedPrecondition, "NO_REQUESTS"));
  for (const char* query : {"gloves", "mittens", "drill"}) KONTOR_ASSERT_OK(process.Search(query));
  v1::Rule& rule = *request.add_rules();
  rule.mutable_condition()->add_contains("gloves");
  v1::Rule::Pin& pin = *rule.add_actions()->mutable_pin();
  pin.set_product_id("S1");
  pin.set_place(2);
  v1::SynonymSet& set = *request.add_synonym_sets();
  set.set_direction(v1::SynonymSet::DIRECTION_ONE_WAY);
  set.add_from_phrases("mittens");
  set.add_phrases("gloves");
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::PreviewCurationResponse preview,
                              process.Curate(&v1::CurationService::Stub::PreviewCuration, request));
  EXPECT_EQ(preview.requests(), 3);
  EXPECT_EQ(preview.changed(), 2);
  EXPECT_EQ(preview.empty_before(), 1);
  EXPECT_EQ(preview.empty_after(), 0);
  for (const v1::PreviewExample& example : preview.examples()) {
    if (example.request().query() != "gloves") continue;
    EXPECT_THAT(example.after_product_ids(), ElementsAre(::testing::_, "S1", ::testing::_));
    EXPECT_GE(example.traces_size(), 1);
  }
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse same, process.Search("gloves"));
  EXPECT_THAT(ProductsOf(same), UnorderedElementsAre("L1", "L2"));
}

}  // namespace
}  // namespace kontor::search
