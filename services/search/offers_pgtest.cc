#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/status.h"
#include "libs/testing/status_matchers.h"
#include "services/search/test_process.h"

namespace kontor::search {
namespace {

using kontor::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::string PriceRecord(const std::string& product, int64_t price, int64_t cost) {
  ev::PriceSet set = PriceOf(product, price);
  set.mutable_cost()->set_units(cost);
  return RecordBytes(set);
}

class OffersTest : public SearchServiceTest {
 protected:
  static void SendTools(Process& process) {
    process.SendProducts(ToolShop());
    process.Send("catalog", {PriceRecord("D1", 120, 110), PriceRecord("D2", 80, 20), PriceRecord("D3", 95, 90),
                             PriceRecord("H1", 20, 10)});
    process.Send("inventory", {RecordBytes(StockOf("D1", 3)), RecordBytes(StockOf("D3", 0))});
  }
};

TEST_F(OffersTest, NothingFoundSaysWhatThereIsWithoutWhat) {
  Process process(dsn_, folder_);
  SendTools(process);
  v1::SearchRequest request;
  request.set_query("drill");
  request.add_facets()->set_field("brand");
  v1::Filter& brand = *request.add_filters();
  brand.set_field("brand");
  brand.add_values("Makita");
  request.set_in_stock_only(true);
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse empty, process.Search(request));
  EXPECT_EQ(empty.total_results(), 0);
  EXPECT_THAT(empty.results(), IsEmpty());
  ASSERT_TRUE(empty.has_rescue());
  EXPECT_EQ(empty.rescue().total_results(), 1);
  EXPECT_EQ(empty.rescue().results(0).product_id(), "D3");  // the brand stands first and is kept
  ASSERT_EQ(empty.rescue().dropped_filters_size(), 1);
  EXPECT_EQ(empty.rescue().dropped_filters(0).field(), "in_stock");
  EXPECT_THAT(empty.rescue().dropped_words(), IsEmpty());

  request.set_no_rescue(true);
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse refused, process.Search(request));
  EXPECT_FALSE(refused.has_rescue());
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse cheap, process.Search("drill under 10"));
  EXPECT_EQ(cheap.total_results(), 0);
  ASSERT_EQ(cheap.rescue().dropped_filters_size(), 1);
  EXPECT_EQ(cheap.rescue().dropped_filters(0).field(), "price");
  EXPECT_EQ(cheap.rescue().dropped_filters(0).max().units(), 10);
  EXPECT_EQ(cheap.rescue().total_results(), 3);
  v1::SearchRequest words;
  words.set_query("wooden drill");
  words.set_matching(v1::MATCHING_ALL);
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse both, process.Search(words));
  EXPECT_EQ(both.total_results(), 0);
  EXPECT_THAT(both.rescue().dropped_words(), ElementsAre("drill"));
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse found, process.Search("drill"));
  EXPECT_FALSE(found.has_rescue());
}

TEST_F(OffersTest, WhatIsSoldOutCarriesWhatCanBeBoughtInItsPlace) {
  Process process(dsn_, folder_);
  SendTools(process);
  v1::SearchRequest request;
  request.set_query("hammer drill");
  request.set_matching(v1::MATCHING_ALL);
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse plain, process.Search(request));
  ASSERT_EQ(plain.results(0).product_id(), "D3");
  EXPECT_THAT(plain.results(0).substitutes(), IsEmpty());
  request.set_max_substitutes(1);
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse one, process.Search(request));
  EXPECT_EQ(one.results(0).substitutes_size(), 1);
  request.set_max_substitutes(10);
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse all, process.Search(request));
  std::vector<std::string> substitutes;
  for (const v1::Result& substitute : all.results(0).substitutes()) {
    substitutes.push_back(substitute.product_id());
    EXPECT_TRUE(substitute.in_stock());
    EXPECT_TRUE(substitute.has_price());
  }
  EXPECT_THAT(substitutes, UnorderedElementsAre("D1", "D2"));  // of its category alone
  request.set_max_substitutes(11);
  EXPECT_THAT(process.Search(request), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(OffersTest, MarginIsTradedForNoMoreRelevanceThanAllowed) {
  Process process(dsn_, folder_);
  SendTools(process);
  v1::SearchRequest request;
  request.set_query("cordless drill 18");
  request.set_verbatim(true);
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse plain, process.Search(request));
  ASSERT_EQ(plain.results(0).product_id(), "D1");
  ASSERT_EQ(plain.results(1).product_id(), "D2");
  EXPECT_FALSE(plain.has_margin_trade());
  request.set_max_relevance_loss(.5);
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse traded, process.Search(request));
  EXPECT_EQ(traded.results(0).product_id(), "D2");  // earns 60, the other 10
  EXPECT_EQ(traded.total_results(), plain.total_results());
  const v1::MarginTrade& trade = traded.margin_trade();
  EXPECT_GT(trade.relevance_loss(), 0);
  EXPECT_LE(trade.relevance_loss(), .5);
  EXPECT_EQ(trade.margin_after().currency_code(), "EUR");
  EXPECT_GT(trade.margin_after().units(), trade.margin_before().units());
  EXPECT_GE(trade.moved_results(), 2);
  request.set_max_relevance_loss(1e-9);
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::SearchResponse kept, process.Search(request));
  EXPECT_THAT(ProductsOf(kept), ::testing::ElementsAreArray(ProductsOf(plain)));
  EXPECT_EQ(kept.margin_trade().moved_results(), 0);
  request.mutable_sort()->set_by(v1::Sort::BY_PRICE);
  request.set_max_relevance_loss(.6);
  EXPECT_THAT(process.Search(request), StatusIs(absl::StatusCode::kInvalidArgument));
  request.set_max_relevance_loss(.1);
  const auto refused = process.Search(request);
  ASSERT_EQ(base::ErrorViolations(refused.status()).size(), 1u);
  EXPECT_EQ(base::ErrorViolations(refused.status())[0].reason, "CONTRADICTION");
}

}  // namespace
}  // namespace kontor::search
