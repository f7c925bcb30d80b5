#include <filesystem>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/testing/eventually.h"
#include "libs/testing/status_matchers.h"
#include "services/search/search_follower.h"
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

TEST_F(SearchServiceTest, ReadyMeansThatWhatWasOnTheLogIsFound) {
  Process process(dsn_, folder_);
  process.SendProducts(ToolShop());
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto follower, SearchFollower::Create(process.fleet(), nullptr));
  KONTOR_ASSERT_OK(follower->Start());
  ASSERT_TRUE(Eventually([&] { return follower->Ready().ok(); }));
  EXPECT_EQ(follower->Find("default")->View()->documents(), ToolShop().size());
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
