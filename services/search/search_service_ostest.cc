
#include "gmock/gmock.h"
#include "libs/testing/eventually.h"
#include "libs/testing/private_opensearch.h"
#include "libs/testing/status_matchers.h"
#include "services/search/engines.h"
#include "services/search/opensearch_engine.h"
#include "services/search/ranking_handler.h"
#include "services/search/test_process.h"

// The whole service with its catalogue on OpenSearch, from records on the log to answers.
namespace kontor::search {
namespace {

using kontor::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class OpenSearchServiceTest : public SearchServiceTest {
 protected:
  void SetUp() override {
    fleet::OpenSearchConfig config;
    config.client.url = kontor::testing::PrivateOpenSearch::Shared().url();
    process_ = std::make_unique<Process>(dsn_, folder_, config);
    process_->SendProducts(ToolShop());
    std::vector<std::string> prices, levels;
    int64_t units = 10;
    for (const TestProduct& product : ToolShop()) {
      prices.push_back(RecordBytes(PriceOf(product.id, units += 10)));
      levels.push_back(RecordBytes(StockOf(product.id, product.id == "D1" ? 0 : 5)));
    }
    process_->Send("catalog", prices);
    process_->Send("inventory", levels);
  }
  void TearDown() override {
    process_.reset();
    const auto client = *opensearch::Client::Create({kontor::testing::PrivateOpenSearch::Shared().url()});
    KONTOR_ASSERT_OK(client->Send("DELETE", "/kontor-*", "", absl::Now() + absl::Seconds(30)).status());
  }

  v1::SearchResponse Search(const v1::SearchRequest& request) {
    auto response = process_->Search(request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.value_or(v1::SearchResponse());
  }
  static v1::SearchRequest Of(const std::string& query) {
    v1::SearchRequest request;
    request.set_query(query);
    return request;
  }

  std::unique_ptr<Process> process_;
};

TEST_F(OpenSearchServiceTest, WhatIsOnTheLogIsFoundFilteredCountedAndSorted) {
  v1::SearchRequest request = Of("cordless drill");
  request.set_matching(v1::MATCHING_ALL);
  request.add_facets()->set_field("brand");
  request.add_facets()->set_field("price");
  v1::SearchResponse response = Search(request);
  EXPECT_THAT(ProductsOf(response), UnorderedElementsAre("D1", "D2"));
  EXPECT_EQ(response.total_results(), 2);
  ASSERT_THAT(response.facets(), SizeIs(2));
  EXPECT_EQ(response.facets(0).values(0).value(), "Bosch");
  EXPECT_EQ(response.facets(0).values(0).count(), 2);
  EXPECT_EQ(response.facets(1).min().units(), 20);
  for (const v1::Result& result : response.results()) {
    EXPECT_EQ(result.in_stock(), result.product_id() != "D1");
    EXPECT_THAT(result.category_path(), ElementsAre("Tools", "Drills"));
    EXPECT_EQ(result.price().currency_code(), "EUR");
    EXPECT_THAT(result.title_highlights(), SizeIs(2));
  }
  request.set_in_stock_only(true);
  EXPECT_THAT(ProductsOf(Search(request)), ElementsAre("D2"));
  request = Of("gsr-12");
  EXPECT_EQ(ProductsOf(Search(request))[0], "D2");
  request = Of("drill");
  request.set_group_variants(true);
  request.mutable_sort()->set_by(v1::Sort::BY_PRICE);
  request.set_page_size(1);
  response = Search(request);
  EXPECT_THAT(ProductsOf(response), ElementsAre("D1"));
  EXPECT_EQ(response.total_results(), 2);
  request.set_page_token(response.next_page_token());
  EXPECT_THAT(ProductsOf(Search(request)), ElementsAre("D3"));
}

TEST_F(OpenSearchServiceTest, ACategoryIsBrowsedAndWhatIsTypedIsCompleted) {
  Search(Of("drill"));  // has seen all
  v1::BrowseRequest browse;
  browse.set_parent("shops/default");
  browse.set_category("Tools");
  const auto page = process_->Ask<v1::SearchResponse>(&v1::SearchService::Stub::Browse, browse);
  KONTOR_ASSERT_OK(page.status());
  EXPECT_THAT(ProductsOf(*page), UnorderedElementsAre("D1", "D2", "D3", "H1"));
  v1::SuggestRequest typed;
  typed.set_parent("shops/default");
  typed.set_text("cord");
  absl::StatusOr<v1::SuggestResponse> suggested;
  const auto learned = [&] {  // in the background
    suggested = process_->Ask<v1::SuggestResponse>(&v1::SearchService::Stub::Suggest, typed);
    return suggested.ok() && suggested->suggestions_size() > 0;
  };
  EXPECT_TRUE(testing::Eventually(learned, absl::Seconds(30))) << suggested.status();
}

TEST_F(OpenSearchServiceTest, AnswersAreExplainedAndJudged) {
  Search(Of("drill"));
  v1::ExplainRequest explain;
  explain.set_parent("shops/default");
  explain.mutable_search()->set_parent("shops/default");
  explain.mutable_search()->set_query("hammer drill");
  explain.mutable_search()->set_matching(v1::MATCHING_ALL);
  for (const char* id : {"D3", "H1", "nothing"}) explain.add_product_ids(id);
  const auto explained = process_->Ask<v1::ExplainResponse>(&v1::SearchService::Stub::Explain, explain);
  KONTOR_ASSERT_OK(explained.status());
  ASSERT_THAT(explained->products(), SizeIs(3));
  EXPECT_EQ(explained->products(0).place(), 1);
  EXPECT_THAT(explained->products(0).matched_words(), SizeIs(2));
  EXPECT_EQ(explained->products(1).absence(), v1::ProductExplanation::ABSENCE_TOO_FEW_WORDS);
  EXPECT_EQ(explained->products(2).absence(), v1::ProductExplanation::ABSENCE_UNKNOWN_PRODUCT);
  EXPECT_EQ(explained->terms(1).document_count(), 3);

  v1::EvaluateRelevanceRequest evaluate;
  evaluate.set_parent("shops/default");
  v1::JudgedQuery& query = *evaluate.add_queries();
  query.set_query("gloves");
  for (const char* id : {"L1", "L2", "nothing"}) {
    query.add_judgements()->set_product_id(id);
    query.mutable_judgements()->rbegin()->set_grade(1);
  }
  const auto judged =
      process_->Ask<v1::EvaluateRelevanceResponse>(&v1::SearchService::Stub::EvaluateRelevance, evaluate);
  KONTOR_ASSERT_OK(judged.status());
  EXPECT_GT(judged->baseline().ndcg_at_10(), 0.5);
  EXPECT_EQ(judged->unknown_products(), 1);
}

TEST_F(OpenSearchServiceTest, WhatIsSoldOutHasSubstitutesAndWhatFindsNothingIsRescued) {
  v1::SearchRequest request = Of("gsr-18");
  request.set_max_substitutes(2);
  const v1::SearchResponse response = Search(request);
  ASSERT_GT(response.results_size(), 0);
  EXPECT_EQ(response.results(0).product_id(), "D1");
  ASSERT_GT(response.results(0).substitutes_size(), 0);
  EXPECT_EQ(response.results(0).substitutes(0).product_id(), "D2");
  request = Of("leather gloves");
  request.set_matching(v1::MATCHING_ALL);
  v1::Filter& brand = *request.add_filters();
  brand.set_field("brand");
  brand.add_values("Bosch");
  const v1::SearchResponse rescued = Search(request);
  EXPECT_EQ(rescued.total_results(), 0);
  EXPECT_EQ(rescued.rescue().dropped_filters_size(), 1);
  EXPECT_EQ(rescued.rescue().results(0).product_id(), "L1");
}

TEST_F(OpenSearchServiceTest, ANodeThatIsAwayIsSaidAndItsReturnNoticed) {
  auto& node = kontor::testing::PrivateOpenSearch::Shared();
  EXPECT_EQ(Search(Of("gloves")).total_results(), 2);
  node.Kill();
  v1::SearchRequest request = Of("gloves");  // waits for nothing
  request.set_parent("shops/default");
  const auto away = process_->Ask<v1::SearchResponse>(&v1::SearchService::Stub::Search, request);
  EXPECT_THAT(away, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(base::ErrorReason(away.status()), kReasonEngineAway);
  v1::SuggestRequest typed;
  typed.set_parent("shops/default");
  typed.set_text("glo");
  KONTOR_ASSERT_OK(process_->Ask<v1::SuggestResponse>(&v1::SearchService::Stub::Suggest, typed).status());
  node.Restart();
  absl::StatusOr<v1::SearchResponse> back;
  const auto answers = [&] { return (back = process_->Search("gloves")).ok(); };  // shards come back after the node
  ASSERT_TRUE(testing::Eventually(answers, absl::Seconds(30))) << back.status();
  EXPECT_EQ(back->total_results(), 2);
}

TEST_F(OpenSearchServiceTest, ARankerCannotBeLearnedThere) {
  v1::TrainRankerRequest request;
  v1::JudgedQuery& query = *request.mutable_source()->mutable_judgements()->add_queries();
  query.set_query("drill");
  query.add_judgements()->set_product_id("D1");
  query.mutable_judgements(0)->set_grade(1);
  const auto trained = process_->Rank<v1::TrainRankerResponse>(&v1::RankingService::Stub::TrainRanker, request);
  EXPECT_THAT(trained, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(base::ErrorReason(trained.status()), kReasonNoOwnIndex);
}

TEST_F(OpenSearchServiceTest, APinStandsWhereARuleSays) {
  v1::CreateRuleRequest create;
  create.set_parent("shops/default");
  create.set_rule_id("gloves");
  create.mutable_rule()->mutable_condition()->add_queries("gloves");
  auto& pin = *create.mutable_rule()->add_actions()->mutable_pin();
  pin.set_product_id("S1");
  pin.set_place(1);
  KONTOR_ASSERT_OK(process_->Curate<v1::Rule>(&v1::CurationService::Stub::CreateRule, create).status());
  const v1::SearchResponse response = Search(Of("gloves"));
  ASSERT_THAT(response.results(), SizeIs(3));
  EXPECT_EQ(response.results(0).product_id(), "S1");
  EXPECT_THAT(response.results(0).rules(), SizeIs(1));
}

}  // namespace
}  // namespace kontor::search
