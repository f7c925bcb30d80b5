#include <filesystem>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/testing/eventually.h"
#include "libs/testing/status_matchers.h"
#include "services/search/test_process.h"

namespace kontor::search {
namespace {

using kontor::testing::Eventually;
using kontor::testing::IsOk;
using kontor::testing::StatusIs;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

TEST_F(SearchServiceTest, WhatIsOnTheLogIsFoundFilteredCountedAndPaged) {
  Process process(dsn_, folder_);
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse none, process.Search("drill"));
  EXPECT_EQ(none.total_results(), 0);
  process.SendProducts(ToolShop());
  process.Send("catalog", {RecordBytes(PriceOf("D1", 120)), RecordBytes(PriceOf("D2", 80)),
                           RecordBytes(PriceOf("D3", 95)), RecordBytes(PriceOf("H1", 20))});
  process.Send("inventory", {RecordBytes(StockOf("D1", 3)), RecordBytes(StockOf("D3", 0))});

  v1::SearchRequest request;
  request.set_query("drill");
  request.add_facets()->set_field("brand");
  request.add_facets()->set_field("price");
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse drills, process.Search(request));
  EXPECT_THAT(ProductsOf(drills), UnorderedElementsAre("D1", "D2", "D3"));
  EXPECT_EQ(drills.results(2).product_id(), "D3");  // out of stock
  EXPECT_FALSE(drills.results(2).in_stock());
  EXPECT_EQ(drills.total_results(), 3);
  ASSERT_EQ(drills.facets_size(), 2);
  EXPECT_EQ(drills.facets(0).values(0).value(), "Bosch");
  EXPECT_EQ(drills.facets(0).values(0).count(), 2);
  EXPECT_EQ(drills.facets(1).min().units(), 80);
  EXPECT_EQ(drills.facets(1).max().units(), 120);
  EXPECT_EQ(drills.results(0).price().currency_code(), "EUR");
  ASSERT_EQ(drills.results(0).title_highlights_size(), 1);
  EXPECT_EQ(drills.results(0).title().substr(static_cast<size_t>(drills.results(0).title_highlights(0).begin()), 5),
            "Drill");
  EXPECT_FALSE(drills.attribution_token().empty());

  v1::Filter& filter = *request.add_filters();
  filter.set_field("brand");
  filter.add_values("Makita");
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse makita, process.Search(request));
  EXPECT_THAT(ProductsOf(makita), ElementsAre("D3"));
  EXPECT_EQ(makita.facets(0).values(0).value(), "Bosch");  // its own filter does not narrow a facet
  EXPECT_TRUE(makita.facets(0).values(1).selected());

  v1::SearchRequest paged;
  paged.set_query("drill");
  paged.set_page_size(2);
  paged.mutable_sort()->set_by(v1::Sort::BY_PRICE);
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse first, process.Search(paged));
  EXPECT_THAT(ProductsOf(first), ElementsAre("D2", "D3"));
  paged.set_page_token(first.next_page_token());
  // A token belongs to its request, of which read_after is a part: the same positions as in the first call.
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse second, process.Search(paged));
  EXPECT_THAT(ProductsOf(second), ElementsAre("D1"));
  EXPECT_TRUE(second.next_page_token().empty());

  v1::SearchRequest grouped;
  grouped.set_query("cordless drill");
  grouped.set_matching(v1::MATCHING_ALL);
  grouped.set_group_variants(true);
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse groups, process.Search(grouped));
  EXPECT_EQ(groups.total_results(), 1);
}

TEST_F(SearchServiceTest, QueriesAreReadAsTheyAreMeant) {
  Process process(dsn_, folder_);
  process.SendProducts(ToolShop());
  process.Send("catalog", {RecordBytes(PriceOf("D1", 120)), RecordBytes(PriceOf("D2", 80))});
  KONTOR_ASSERT_OK(process.Search("drill"));
  // Companions are learned in the background.
  ASSERT_TRUE(Eventually([&] {
    const auto response = process.Search("hamer");
    return response.ok() && response->reading().corrections_size() == 1;
  }));
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse hammer, process.Search("claw hamer"));
  EXPECT_EQ(hammer.reading().text(), "claw hammer");
  EXPECT_EQ(hammer.results(0).product_id(), "H1");

  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse cheap, process.Search("cordless drill under 100"));
  EXPECT_THAT(ProductsOf(cheap), ElementsAre("D2"));
  ASSERT_EQ(cheap.reading().filters_size(), 1);
  EXPECT_EQ(cheap.reading().filters(0).max().units(), 100);

  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse gloves,
                              process.Search("hey, can you show me work gloves not leather please"));
  EXPECT_THAT(ProductsOf(gloves), ElementsAre("L2"));

  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse code, process.Search("gsr 12"));
  EXPECT_EQ(code.results(0).product_id(), "D2");

  v1::SuggestRequest suggest;
  suggest.set_parent("shops/default");
  suggest.set_text("cord");
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SuggestResponse suggestions,
                              process.Ask(&v1::SearchService::Stub::Suggest, suggest));
  ASSERT_GE(suggestions.suggestions_size(), 2);
  EXPECT_EQ(suggestions.suggestions(0).kind(), v1::Suggestion::KIND_PRODUCT);

  v1::BrowseRequest browse;
  browse.set_parent("shops/default");
  browse.set_category("Tools > Drills");
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse page, process.Ask(&v1::SearchService::Stub::Browse, browse));
  EXPECT_THAT(ProductsOf(page), UnorderedElementsAre("D1", "D2", "D3"));
}

TEST_F(SearchServiceTest, ChangesAreSeenWithinASecondAndRemovalsToo) {
  Process process(dsn_, folder_);
  process.SendProducts(ToolShop());
  KONTOR_ASSERT_OK(process.Search("drill"));
  const absl::Time sent = absl::Now();
  v1::SearchRequest request;
  request.set_parent("shops/default");
  request.set_query("chainsaw");
  process.SendProducts({{"C1", "Chainsaw 40 cm", "Stihl"}});
  ASSERT_TRUE(Eventually([&] {  // without waiting for its position
    const auto response = process.Ask(&v1::SearchService::Stub::Search, request);
    return response.ok() && response->total_results() == 1;
  }));
  std::cout << "  upsert to found: " << absl::Now() - sent << "\n";
  EXPECT_LT(absl::Now() - sent, absl::Seconds(5));  // the aim is 1 s; the bound leaves room for a machine under load

  process.SendProducts({{.id = "C1", .title = "Pruning Saw", .brand = "Stihl", .revision = 2}});
  process.SendProducts({{.id = "C1", .title = "Chainsaw, stale", .brand = "Stihl", .revision = 1}});
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse stale, process.Search("chainsaw"));
  EXPECT_EQ(stale.total_results(), 0);
  ev::ProductRemoved removed;
  removed.set_product_id("C1");
  removed.set_revision(3);
  process.Send("catalog", {RecordBytes(removed)});
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse gone, process.Search("pruning"));
  EXPECT_EQ(gone.total_results(), 0);
}

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

TEST_F(SearchServiceTest, ExplainSaysWhatAScoreIsMadeOfAndWhyAProductIsMissing) {
  Process process(dsn_, folder_);
  process.SendProducts(ToolShop());
  KONTOR_ASSERT_OK(process.Search("drill"));
  v1::ExplainRequest request;
  request.set_parent("shops/default");
  request.mutable_search()->set_query("hammer drill");
  v1::Filter& filter = *request.mutable_search()->add_filters();
  filter.set_field("brand");
  filter.set_exclude(true);
  filter.add_values("Stanley");
  for (const char* id : {"D3", "H1", "S1", "NONE"}) request.add_product_ids(id);
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::ExplainResponse explained,
                              process.Ask(&v1::SearchService::Stub::Explain, request));
  ASSERT_EQ(explained.products_size(), 4);
  EXPECT_EQ(explained.products(0).place(), 1);
  EXPECT_THAT(explained.products(0).matched_words(), UnorderedElementsAre("hammer", "drill"));
  EXPECT_GE(explained.products(0).parts_size(), 2);
  EXPECT_EQ(explained.products(1).absence(), v1::ProductExplanation::ABSENCE_FILTERED);
  EXPECT_EQ(explained.products(2).absence(), v1::ProductExplanation::ABSENCE_TOO_FEW_WORDS);
  EXPECT_EQ(explained.products(3).absence(), v1::ProductExplanation::ABSENCE_UNKNOWN_PRODUCT);
  ASSERT_EQ(explained.terms_size(), 2);
  EXPECT_EQ(explained.terms(1).document_count(), 3);
}

TEST_F(SearchServiceTest, ConfigurationsAreComparedOnJudgements) {
  Process process(dsn_, folder_);
  process.SendProducts(ToolShop());
  KONTOR_ASSERT_OK(process.Search("drill"));
  v1::EvaluateRelevanceRequest request;
  request.set_parent("shops/default");
  v1::JudgedQuery& query = *request.add_queries();
  query.set_query("cordless drill");
  for (const char* id : {"D1", "D2", "NONE"}) {
    v1::Judgement& judgement = *query.add_judgements();
    judgement.set_product_id(id);
    judgement.set_grade(id[0] == 'D' ? 2 : 0);
  }
  request.mutable_candidate()->set_matching(v1::MATCHING_ALL);
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::EvaluateRelevanceResponse compared,
                              process.Ask(&v1::SearchService::Stub::EvaluateRelevance, request));
  EXPECT_DOUBLE_EQ(compared.baseline().ndcg_at_10(), 1);
  EXPECT_DOUBLE_EQ(compared.candidate().recall_at_100(), 1);
  EXPECT_EQ(compared.ties(), 1);
  EXPECT_EQ(compared.unknown_products(), 1);
  query.mutable_judgements(0)->set_grade(-1);
  EXPECT_THAT(process.Ask(&v1::SearchService::Stub::EvaluateRelevance, request),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(SearchServiceTest, ARestartGoesOnFromTheSnapshotAndACorruptOneIsBuiltAgain) {
  {
    Process process(dsn_, folder_);
    process.SendProducts(ToolShop());
    KONTOR_ASSERT_OK(process.Search("drill"));
  }
  {
    Process process(dsn_, folder_);
    KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse drills, process.Search("drill"));
    EXPECT_EQ(drills.total_results(), 3);
    process.SendProducts({{"D4", "Drill Press", "Einhell"}});
    KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse more, process.Search("drill"));
    EXPECT_EQ(more.total_results(), 4);
  }
  int damaged = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.File("models"))) {
    if (!entry.is_regular_file() || entry.file_size() < 1'000) continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(500);
    file.put('\x55');
    ++damaged;
  }
  ASSERT_GE(damaged, 1);
  Process process(dsn_, folder_);
  ASSERT_TRUE(Eventually([&] {
    const auto response = process.Search("drill");
    return response.ok() && response->total_results() == 4;
  }));
}

TEST_F(SearchServiceTest, ASearchIsFollowedToItsClicks) {
  Process process(dsn_, folder_);
  process.SendProducts(ToolShop());
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse before, process.Search("drill"));
  ev::Searched searched;
  searched.set_query("Drill");
  searched.set_total_results(3);
  ev::ItemClicked clicked;
  clicked.set_product_id("D3");
  clicked.set_rank(3);
  std::vector<std::string> events = {RecordBytes(searched, before.attribution_token())};
  for (int i = 0; i < 50; ++i) events.push_back(RecordBytes(clicked, before.attribution_token()));
  process.Send("behavior", events);
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse after, process.Search("drill"));
  EXPECT_EQ(after.results(0).product_id(), "D3");  // as popular as can be
  v1::SuggestRequest suggest;
  suggest.set_parent("shops/default");
  ASSERT_TRUE(Eventually([&] {
    const auto trending = process.Ask(&v1::SearchService::Stub::Suggest, suggest);
    return trending.ok() && trending->suggestions_size() == 1 && trending->suggestions(0).text() == "Drill";
  }));

  ev::OrderRecorded order;
  order.set_order_id("o-1");
  order.set_currency_code("EUR");
  ev::OrderLine& line = *order.add_lines();
  line.set_product_id("D3");
  line.mutable_quantity()->mutable_value()->set_units(1);
  line.mutable_amount()->set_units(95);
  process.Send("orders", {RecordBytes(order, before.attribution_token())});
  searched.set_query("dril press");
  searched.set_total_results(0);
  process.Send("behavior", {RecordBytes(searched)});
  KONTOR_ASSERT_OK(process.Search("drill"));
  v1::GetSearchReportRequest ask;
  ask.set_parent("shops/default");
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchReport report,
                              process.Ask(&v1::SearchService::Stub::GetSearchReport, ask));
  EXPECT_EQ(report.total().searches(), 2);
  EXPECT_EQ(report.total().without_results(), 1);
  EXPECT_DOUBLE_EQ(report.total().click_through_rate(), 0.5);
  EXPECT_DOUBLE_EQ(report.total().mean_reciprocal_rank(), 1.0 / 6);  // place 3 of one of two searches
  ASSERT_EQ(report.total().revenue_size(), 1);
  EXPECT_EQ(report.total().revenue(0).units(), 95);
  EXPECT_EQ(report.total().lost_revenue(0).units(), 95);
  ASSERT_EQ(report.without_results_size(), 1);
  EXPECT_EQ(report.without_results(0).query(), "dril press");
  ASSERT_EQ(report.top_queries_size(), 2);
  EXPECT_THAT(report.top_queries(0).product_ids(), ElementsAre("D3"));
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

TEST_F(SearchServiceTest, BadInputIsAnsweredWithWhatToDo) {
  Process process(dsn_, folder_);
  process.SendProducts(ToolShop());
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse all, process.Search(""));
  EXPECT_EQ(all.total_results(), 7);  // an empty query browses
  for (const std::string& query :
       {std::string(4'000, 'a'), std::string("\"drill"), std::string("drill\x01\x02"), std::string("a\xCC\x81"),
        std::string("\" \" -"), std::string("- + OR"), std::string("under"), std::string("not")}) {
    EXPECT_THAT(process.Search(query), IsOk()) << query;
  }
  EXPECT_THAT(process.Search(std::string(5'000, 'a')), StatusIs(absl::StatusCode::kInvalidArgument));
  v1::SearchRequest bad;
  bad.set_query("drill");
  bad.set_page_size(-1);
  bad.add_filters()->set_field("colour");
  bad.add_facets()->set_field("product_id");
  v1::Filter& price = *bad.add_filters();
  price.set_field("price");
  price.mutable_min()->set_units(5);
  price.mutable_max()->set_units(2);
  const auto refused = process.Search(bad);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(base::ErrorViolations(refused.status()).size(), 4u);

  v1::SearchRequest foreign;
  foreign.set_query("drill");
  foreign.set_page_token("abc.1.0.0.0.0.0");
  EXPECT_THAT(process.Search(foreign), StatusIs(absl::StatusCode::kInvalidArgument));
  v1::SearchRequest bomb;
  bomb.set_query("drill");
  for (int i = 0; i < 101; ++i) {
    bomb.add_filters()->set_field("brand");
    bomb.mutable_filters(i)->add_values("Bosch");
  }
  EXPECT_THAT(process.Search(bomb), StatusIs(absl::StatusCode::kInvalidArgument));
  // A record that cannot be used is counted and passed over.
  process.Send("catalog", {"no record", RecordBytes(Upserted({.id = "", .title = "no id"}))});
  process.SendProducts({{"OK", "Still found", "Any"}});
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse found, process.Search("still found"));
  EXPECT_EQ(found.total_results(), 1);
  EXPECT_THAT(process.Page("/metrics"), HasSubstr("kontor_search_unusable_total 2"));
}

}  // namespace
}  // namespace kontor::search
