#include "services/recommendations/recommend_handler.h"

#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/recommendations/attribution_token.h"
#include "services/recommendations/test_handler.h"

namespace kontor::recommendations {
namespace {

using kontor::testing::StatusIs;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

TEST_F(RecommendHandlerTest, NamesEveryViolationAtOnce) {
  request_.set_placement(static_cast<v1::Placement>(99));
  request_.set_bought_products(static_cast<v1::BoughtProducts>(99));
  request_.set_page_size(101);
  request_.set_max_per_category(-1);
  request_.add_basket_product_ids("");
  request_.add_excluded_product_ids(std::string(201, 'x'));
  request_.set_customer_id("a\nb");
  request_.mutable_as_of()->set_seconds(1);
  const absl::Status status = handler_.Recommend(call_, request_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  std::vector<std::string> fields;
  for (const base::Violation& violation : base::ErrorViolations(status)) fields.push_back(violation.field);
  EXPECT_THAT(fields, UnorderedElementsAre("placement", "bought_products", "page_size", "max_per_category",
                                           "basket_product_ids[0]", "excluded_product_ids[0]", "customer_id", "as_of"));
}

TEST_F(RecommendHandlerTest, RefusesContradictions) {
  request_.set_placement(v1::PLACEMENT_SIMILAR);
  EXPECT_THAT(handler_.Recommend(call_, request_), StatusIs(absl::StatusCode::kInvalidArgument));
  request_.set_placement(v1::PLACEMENT_BUY_AGAIN);
  request_.set_bought_products(v1::BOUGHT_PRODUCTS_EXCLUDE);
  EXPECT_THAT(handler_.Recommend(call_, request_), StatusIs(absl::StatusCode::kInvalidArgument));
  call_.shop = "other";
  EXPECT_THAT(handler_.Recommend(call_, v1::RecommendRequest()),
              StatusIs(absl::StatusCode::kNotFound, kReasonShopUnknown));
}

TEST_F(RecommendHandlerTest, WithoutAModelTheAnswerIsEmptyAndSaysWhy) {
  Serve(nullptr);
  const v1::RecommendResponse response = Ask();
  EXPECT_EQ(response.tier(), v1::TIER_EMPTY);
  EXPECT_TRUE(response.degraded());
  EXPECT_THAT(response.degraded_reason(), HasSubstr("call TrainModel"));
  EXPECT_THAT(Products(response), IsEmpty());
  EXPECT_EQ(response.model(), "");
  EXPECT_FALSE(response.has_as_of());  // no event yet
}

TEST_F(RecommendHandlerTest, AKnownPersonGetsTheirOwnWithReasons) {
  KnowTeaDrinker();
  const v1::RecommendResponse response = Ask();
  EXPECT_EQ(response.tier(), v1::TIER_PERSONAL);
  EXPECT_FALSE(response.degraded());
  EXPECT_EQ(response.model(), "shops/default/models/3");
  ASSERT_THAT(Products(response), Contains("TEA"));
  bool found = false;
  for (const auto& one : response.recommendations()) {
    double shares = 0;
    for (const auto& reason : one.reasons()) {
      shares += reason.share();
      if (one.product_id() != "TEA" || reason.kind() != v1::Reason::KIND_BOUGHT_BEFORE) continue;
      found = true;
      EXPECT_EQ(reason.count(), 3);
      EXPECT_EQ(reason.text(), "you bought it 3 times, last on 1 Nov 2011");
      EXPECT_EQ(reason.last_time().seconds(), (kStart + 2 * kDay) / 1'000'000);
    }
    EXPECT_LE(shares, 1 + 1e-3) << one.product_id();
  }
  EXPECT_TRUE(found);
}

TEST_F(RecommendHandlerTest, BoughtProductsByChoice) {
  KnowTeaDrinker();
  request_.set_bought_products(v1::BOUGHT_PRODUCTS_EXCLUDE);
  EXPECT_THAT(Products(Ask()), Not(Contains("TEA")));
  EXPECT_THAT(Products(Ask()), Contains("MILK"));
  request_.set_bought_products(v1::BOUGHT_PRODUCTS_ONLY);
  EXPECT_THAT(Products(Ask()), UnorderedElementsAre("TEA", "CUP"));
  request_.set_bought_products(v1::BOUGHT_PRODUCTS_UNSPECIFIED);
  request_.set_placement(v1::PLACEMENT_BUY_AGAIN);
  EXPECT_THAT(Products(Ask()), UnorderedElementsAre("TEA", "CUP"));
  for (const auto placement : {v1::PLACEMENT_POPULAR, v1::PLACEMENT_SIMILAR}) {
    request_.set_placement(placement);
    request_.clear_session_product_ids();
    request_.add_session_product_ids("TEA");
    request_.set_bought_products(v1::BOUGHT_PRODUCTS_EXCLUDE);
    EXPECT_THAT(Products(Ask()), Not(Contains("CUP"))) << v1::Placement_Name(placement);
    request_.set_bought_products(v1::BOUGHT_PRODUCTS_ONLY);
    EXPECT_THAT(Products(Ask()), Contains("CUP"));
    EXPECT_THAT(Products(Ask()), Not(Contains("MILK")));
  }
}

TEST_F(RecommendHandlerTest, ABasketIsCompletedAndNotRepeated) {
  SendProduct("TEA", "EARL GREY TEA", "KITCHEN");
  SendProduct("CUP", "WHITE CUP", "KITCHEN");
  request_.set_placement(v1::PLACEMENT_BASKET);
  request_.add_basket_product_ids("TEA");
  request_.add_basket_product_ids("never heard of");
  const v1::RecommendResponse response = Ask();
  EXPECT_EQ(response.tier(), v1::TIER_PERSONAL);
  EXPECT_THAT(Products(response), Not(Contains("TEA")));
  ASSERT_EQ(Products(response)[0], "CUP");
  EXPECT_EQ(response.recommendations(0).title(), "WHITE CUP");
  EXPECT_EQ(response.recommendations(0).category(), "KITCHEN");
  std::vector<std::string> texts;
  for (const auto& reason : response.recommendations(0).reasons()) texts.push_back(reason.text());
  EXPECT_THAT(texts, Contains("often bought with EARL GREY TEA"));
}

TEST_F(RecommendHandlerTest, SimilarAsksForOneProductOnly) {
  KnowTeaDrinker();
  request_.set_placement(v1::PLACEMENT_SIMILAR);
  request_.add_session_product_ids("SOAP");
  const std::vector<std::string> products = Products(Ask());
  EXPECT_EQ(products[0], "BRUSH");
  EXPECT_THAT(products, Not(Contains("SOAP")));
}

TEST_F(RecommendHandlerTest, PopularIgnoresThePersonAndMindsThePlace) {
  KnowTeaDrinker();
  request_.set_placement(v1::PLACEMENT_POPULAR);
  EXPECT_EQ(Ask().tier(), v1::TIER_POPULAR);
  request_.set_country("Spain");
  const v1::RecommendResponse response = Ask();
  EXPECT_EQ(response.tier(), v1::TIER_CONTEXT);
  EXPECT_THAT((std::vector<std::string>{Products(response)[0], Products(response)[1]}),
              UnorderedElementsAre("SOAP", "BRUSH"));
  ASSERT_GT(response.recommendations(0).reasons_size(), 0);
  EXPECT_EQ(response.recommendations(0).reasons(0).text(), "popular in Spain");
  EXPECT_EQ(response.recommendations(0).reasons(0).context(), "Spain");
}

TEST_F(RecommendHandlerTest, FiltersByCategoryAndExclusion) {
  request_.add_categories("BATH");
  request_.add_excluded_product_ids("BRUSH");
  EXPECT_THAT(Products(Ask()), UnorderedElementsAre("SOAP", "TOWEL"));
  request_.set_max_per_category(1);
  EXPECT_THAT(Products(Ask()), ElementsAre("SOAP"));
  request_.clear_categories();
  request_.add_categories("GARDEN");
  EXPECT_THAT(Products(Ask()), IsEmpty());
}

TEST_F(RecommendHandlerTest, RemovedProductsAreNotShown) {
  EXPECT_THAT(Products(Ask()), Contains("SOAP"));
  kontor::events::v1::ProductRemoved removed;
  removed.set_product_id("SOAP");
  removed.set_revision(1);
  Send(fleet::kCatalog, "SOAP", RecordBytes(removed));
  EXPECT_THAT(Products(Ask()), Not(Contains("SOAP")));
  Send(fleet::kCatalog, "SOAP", RecordBytes(Product("SOAP", "SOAP", {}, 2)));
  EXPECT_THAT(Products(Ask()), Contains("SOAP"));
}

TEST_F(RecommendHandlerTest, AnEventChangesTheNextAnswer) {
  request_.set_customer_id("17850");
  EXPECT_EQ(Ask().tier(), v1::TIER_POPULAR);
  Send(fleet::kOrders, "o-1", RecordBytes(Order("o-1", {"TOWEL"}), {.customer = "17850"}));
  EXPECT_EQ(Ask().tier(), v1::TIER_PERSONAL);
  request_.set_bought_products(v1::BOUGHT_PRODUCTS_ONLY);
  EXPECT_THAT(Products(Ask()), ElementsAre("TOWEL"));
  Send(fleet::kOrders, "o-1", RecordBytes(Order("o-1", {"LAMP"}, 1), {.customer = "17850"}));
  EXPECT_THAT(Products(Ask()), ElementsAre("LAMP"));
  Send(fleet::kOrders, "o-1", RecordBytes(Cancelled("o-1")));
  EXPECT_THAT(Products(Ask()), IsEmpty());
  EXPECT_GT(histories_.gets(), 0);
  EXPECT_EQ(stored_.gets(), 0);
}

TEST_F(RecommendHandlerTest, ASessionIsFoldedIn) {
  request_.set_visitor_id("v-9");
  request_.set_placement(v1::PLACEMENT_BASKET);
  Send(fleet::kBehavior, "v-9", RecordBytes(Viewed("SOAP"), {.visitor = "v-9"}));
  EXPECT_EQ(Ask().tier(), v1::TIER_PERSONAL);
  EXPECT_EQ(Products(Ask())[0], "BRUSH");
  Send(fleet::kBehavior, "v-9", RecordBytes(Carted("BRUSH"), {.visitor = "v-9"}));
  EXPECT_THAT(Products(Ask()), Not(Contains("BRUSH")));  // in the cart
  Send(fleet::kBehavior, "v-9", RecordBytes(Carted("BRUSH", false), {.visitor = "v-9"}));
  EXPECT_THAT(Products(Ask()), Contains("BRUSH"));
}

TEST_F(RecommendHandlerTest, AsOfHidesLaterEvents) {
  const absl::Time noon = absl::FromUnixSeconds(1323435000);
  Send(fleet::kOrders, "o-1", RecordBytes(Order("o-1", {"TOWEL"}), {.customer = "17850", .occurred_at = noon}));
  request_.set_customer_id("17850");
  EXPECT_EQ(Ask().as_of().seconds(), 1323435000);  // the newest event
  request_.mutable_as_of()->set_seconds(1323435000 - 1);
  EXPECT_EQ(Ask().tier(), v1::TIER_POPULAR);
  request_.mutable_as_of()->set_seconds(1323435000);
  EXPECT_EQ(Ask().tier(), v1::TIER_PERSONAL);
}

TEST_F(RecommendHandlerTest, WithoutTheStoreTheAnswerIsPoorerNotAnError) {
  KnowTeaDrinker();
  histories_.Fail(absl::UnavailableError("away"));
  const v1::RecommendResponse response = Ask();
  EXPECT_TRUE(response.degraded());
  EXPECT_THAT(response.degraded_reason(), HasSubstr("history"));
  EXPECT_EQ(response.tier(), v1::TIER_POPULAR);
  EXPECT_THAT(Products(response), Not(IsEmpty()));
}

TEST_F(RecommendHandlerTest, ANearDeadlineWaitsForNothingAndRanksNothing) {
  KnowTeaDrinker();
  const auto in = [&](int64_t ms) {
    call_.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
  };
  in(30'000);
  EXPECT_EQ(Ask().tier(), v1::TIER_PERSONAL);
  EXPECT_EQ(reader_.patience, absl::Milliseconds(50));
  in(30);
  Ask();
  EXPECT_LE(reader_.patience, absl::Milliseconds(25));
  in(0);
  request_.set_bought_products(v1::BOUGHT_PRODUCTS_EXCLUDE);
  const v1::RecommendResponse response = Ask();
  EXPECT_EQ(reader_.patience, absl::ZeroDuration());
  EXPECT_EQ(response.tier(), v1::TIER_POPULAR);
  EXPECT_TRUE(response.degraded());
  EXPECT_THAT(response.degraded_reason(), HasSubstr("deadline"));
  EXPECT_THAT(Products(response), Not(IsEmpty()));
  EXPECT_THAT(Products(response), Not(Contains("TEA")));  // filters hold
  EXPECT_EQ(response.recommendations(0).reasons(0).kind(), v1::Reason::KIND_POPULAR);
}

TEST_F(RecommendHandlerTest, TheEffortIsWhatIsAskedForOrWhatTheDeadlinePaysFor) {
  KnowTeaDrinker();
  EXPECT_EQ(Ask().effort(), v1::EFFORT_DEEP);
  for (const auto effort : {v1::EFFORT_POPULAR, v1::EFFORT_TREND, v1::EFFORT_SESSION, v1::EFFORT_LINEAR}) {
    request_.set_effort(effort);
    const v1::RecommendResponse response = Ask();
    EXPECT_EQ(response.effort(), effort);
    EXPECT_FALSE(response.degraded()) << "it was asked for";
    EXPECT_EQ(response.tier() == v1::TIER_PERSONAL, effort >= v1::EFFORT_SESSION) << v1::Effort_Name(effort);
    EXPECT_THAT(Products(response), Not(IsEmpty()));
  }
  request_.set_effort(v1::EFFORT_DEEP);
  call_.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(7);
  const v1::RecommendResponse response = Ask();
  EXPECT_LE(response.effort(), v1::EFFORT_LINEAR);
  EXPECT_TRUE(response.degraded());
  request_.set_effort(static_cast<v1::Effort>(99));
  EXPECT_THAT(handler_.Recommend(call_, request_), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(RecommendHandlerTest, ReadAfterWaitsAndReadsPastTheCaches) {
  request_.set_customer_id("17850");
  auto* position = request_.add_read_after();
  position->set_topic(fleet::kMarket);  // changes no answer
  position->set_offset(1'000'000);
  EXPECT_EQ(Ask().tier(), v1::TIER_POPULAR);
  EXPECT_EQ(stored_.gets(), 0);
  position->set_topic(fleet::kOrders);
  position->set_offset(0);
  call_.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  EXPECT_THAT(handler_.Recommend(call_, request_), StatusIs(absl::StatusCode::kUnavailable, "NOT_YET_APPLIED"));

  KONTOR_ASSERT_OK_AND_ASSIGN(
      const auto positions,
      log_->Append(fleet::kOrders, {{"o-1", RecordBytes(Order("o-1", {"TOWEL"}), {.customer = "17850"})}}));
  position->set_partition(positions[0].partition);
  call_.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  EXPECT_EQ(Ask().tier(), v1::TIER_PERSONAL);
  EXPECT_EQ(stored_.gets(), 1);

  position->set_topic("nowhere");
  EXPECT_THAT(handler_.Recommend(call_, request_), StatusIs(absl::StatusCode::kInvalidArgument));
  position->set_topic(fleet::kOrders);
  position->set_partition(77);
  EXPECT_THAT(handler_.Recommend(call_, request_), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(RecommendHandlerTest, AWaitEndsWithTheCall) {
  auto* position = request_.add_read_after();
  position->set_topic(fleet::kOrders);
  position->set_offset(1'000);
  std::thread caller([&] { call_.token->Cancel(); });
  EXPECT_THAT(handler_.Recommend(call_, request_), StatusIs(absl::StatusCode::kCancelled));
  caller.join();
}

TEST_F(RecommendHandlerTest, TokensTellPlacementTierAndModel) {
  request_.set_placement(v1::PLACEMENT_POPULAR);
  const v1::RecommendResponse response = Ask();
  EXPECT_LE(response.attribution_token().size(), 200u);
  KONTOR_ASSERT_OK_AND_ASSIGN(const AttributionToken token, ParseAttributionToken(response.attribution_token()));
  EXPECT_EQ(token.model_version, 3);
  EXPECT_EQ(token.placement, v1::PLACEMENT_POPULAR);
  EXPECT_EQ(token.tier, v1::TIER_POPULAR);
  EXPECT_EQ(token.answered_at, clock_.Now());
  EXPECT_EQ(token.leads, std::string(static_cast<size_t>(response.recommendations_size()), '5'));  // KIND_POPULAR
  EXPECT_NE(Ask().attribution_token(), response.attribution_token());
}

}  // namespace
}  // namespace kontor::recommendations
