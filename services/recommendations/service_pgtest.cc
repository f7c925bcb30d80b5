#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/testing/eventually.h"
#include "libs/testing/status_matchers.h"
#include "services/recommendations/test_process.h"

// The whole service on one PostgreSQL, called as a storefront calls it.
namespace kontor::recommendations {
namespace {

using kontor::testing::Eventually;
using kontor::testing::PrivatePostgres;
using kontor::testing::StatusIs;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

TEST_F(ServiceTest, FromEventsToAnswersAndBackAfterARestart) {
  {
    Process process(dsn_, folder_);
    KONTOR_ASSERT_OK_AND_ASSIGN(const v1::RecommendResponse empty, process.Recommend(For("1")));
    EXPECT_EQ(empty.tier(), v1::TIER_EMPTY);
    EXPECT_THAT(process.Train(), StatusIs(absl::StatusCode::kFailedPrecondition, "TOO_LITTLE_HISTORY"));

    std::vector<log::Position> positions =
        process.Send("catalog", {RecordBytes(Product("TEA", "EARL GREY TEA", {"KITCHEN"})),
                                 RecordBytes(Product("CUP", "WHITE CUP", {"KITCHEN"}))});
    for (const log::Position& position : process.Send("orders", Past(120))) positions.push_back(position);
    KONTOR_ASSERT_OK(process.Recommend(For("1"), positions));
    KONTOR_ASSERT_OK_AND_ASSIGN(const v1::Model model, process.Train());
    EXPECT_EQ(model.name(), "shops/default/models/1");
    EXPECT_EQ(model.baskets(), 480);
    EXPECT_EQ(model.customers(), 120);
    EXPECT_TRUE(model.serving());

    KONTOR_ASSERT_OK_AND_ASSIGN(const v1::RecommendResponse known, process.Recommend(For("0")));
    EXPECT_EQ(known.tier(), v1::TIER_PERSONAL);
    EXPECT_EQ(known.as_of().seconds(), 1'320'000'000 + 86'400 * 3 + 119);  // the newest event
    EXPECT_THAT(ProductsOf(known), Contains("TEA"));
    for (const auto& one : known.recommendations()) {
      if (one.product_id() != "TEA") continue;
      EXPECT_EQ(one.title(), "EARL GREY TEA");
      EXPECT_EQ(one.category(), "KITCHEN");
    }
  }
  Process restarted(dsn_, folder_);
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::RecommendResponse known, restarted.Recommend(For("0")));
  EXPECT_EQ(known.tier(), v1::TIER_PERSONAL);
  EXPECT_EQ(known.model(), "shops/default/models/1");
  EXPECT_EQ(known.as_of().seconds(), 1'320'000'000 + 86'400 * 3 + 119);
  ASSERT_FALSE(known.recommendations().empty());
  EXPECT_FALSE(known.recommendations(0).title().empty());
}

TEST_F(ServiceTest, LiveEventsChangeTheNextAnswerWhateverTheCachesHold) {
  Process process(dsn_, folder_);
  KONTOR_ASSERT_OK(process.Recommend(For("1"), process.Send("orders", Past(120))));
  KONTOR_ASSERT_OK(process.Train());
  const auto bought = [&](const std::vector<log::Position>& after) {
    const auto response = process.Recommend(BoughtBy("new"), after);
    EXPECT_TRUE(response.ok()) << response.status();
    return ProductsOf(response.value_or(v1::RecommendResponse()));
  };
  const TestRecord about{.customer = "new", .occurred_at = absl::Now()};
  EXPECT_THAT(bought({}), IsEmpty());  // and cached as such
  EXPECT_THAT(bought(process.Send("orders", {RecordBytes(Order("n-1", {"SOAP"}), about)})), ElementsAre("SOAP"));
  EXPECT_THAT(bought({}), ElementsAre("SOAP"));
  EXPECT_THAT(bought(process.Send("orders", {RecordBytes(Order("n-1", {"LAMP"}, 1), about)})), ElementsAre("LAMP"));
  EXPECT_THAT(bought({}), ElementsAre("LAMP"));
  EXPECT_THAT(bought(process.Send("orders", {RecordBytes(Order("n-2", {"TEA", "CUP"}), about)})),
              UnorderedElementsAre("LAMP", "TEA", "CUP"));
  EXPECT_THAT(bought(process.Send("orders", {RecordBytes(Cancelled("n-1"))})), UnorderedElementsAre("TEA", "CUP"));
  EXPECT_THAT(bought({}), UnorderedElementsAre("TEA", "CUP"));

  // A later import reaches the answer through the store.
  TestRecord imported = about;
  imported.imported = true;
  EXPECT_THAT(bought(process.Send("orders", {RecordBytes(Order("n-3", {"MILK"}), imported)})), Contains("MILK"));
  EXPECT_THAT(bought({}), Contains("MILK"));
}

TEST_F(ServiceTest, AnEventIsSeenWithinASecondWithoutAskingForIt) {
  Process process(dsn_, folder_);
  KONTOR_ASSERT_OK(process.Recommend(For("1"), process.Send("orders", Past(120))));
  KONTOR_ASSERT_OK(process.Train());
  KONTOR_ASSERT_OK(process.Recommend(BoughtBy("new")));
  const auto start = std::chrono::steady_clock::now();
  process.Send("orders", {RecordBytes(Order("n-1", {"SOAP"}), {.customer = "new", .occurred_at = absl::Now()})});
  bool seen = false;
  while (!seen && std::chrono::steady_clock::now() - start < std::chrono::seconds(30)) {
    const auto response = process.Recommend(BoughtBy("new"));
    seen = response.ok() && !response->recommendations().empty();
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  EXPECT_TRUE(seen);
  EXPECT_LT(seconds, 5);  // the aim is 1 s; the bound leaves room for a machine under load
  std::cout << "  event to changed answer: " << static_cast<int>(seconds * 1000) << " ms\n";
}

// By what it is like, with a model from the registry that was trained before it.
TEST_F(ServiceTest, ANewProductIsRecommendedWithinSeconds) {
  {
    Process process(dsn_, folder_);
    std::vector<log::Position> positions = process.Send("orders", Past(120));
    for (const char* product : {"TEA", "CUP", "MILK", "SOAP", "BRUSH", "TOWEL", "LAMP"}) {
      const bool kitchen =
          product == std::string("TEA") || product == std::string("CUP") || product == std::string("MILK");
      const auto record = RecordBytes(Product(product, absl::StrCat("THE ", product), {kitchen ? "KITCHEN" : "BATH"}));
      for (const log::Position& position : process.Send("catalog", {record})) positions.push_back(position);
    }
    KONTOR_ASSERT_OK(process.Recommend(For("1"), positions));
    KONTOR_ASSERT_OK(process.Train());
  }
  Process process(dsn_, folder_);
  v1::RecommendRequest similar;
  similar.set_placement(v1::PLACEMENT_SIMILAR);
  similar.add_session_product_ids("TEA");
  KONTOR_ASSERT_OK(process.Recommend(similar));
  const auto start = std::chrono::steady_clock::now();
  process.Send("catalog", {RecordBytes(Product("POT", "THE TEA POT", {"KITCHEN"}))});
  bool seen = false;
  while (!seen && std::chrono::steady_clock::now() - start < std::chrono::seconds(30)) {
    const auto response = process.Recommend(similar);
    ASSERT_TRUE(response.ok()) << response.status();
    for (const auto& one : response->recommendations()) {
      if (one.product_id() != "POT") continue;
      seen = true;
      ASSERT_FALSE(one.reasons().empty());
      EXPECT_EQ(one.reasons(0).kind(), v1::Reason::KIND_SIMILAR_CONTENT);
      EXPECT_EQ(one.title(), "THE TEA POT");
    }
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  EXPECT_TRUE(seen);
  EXPECT_LT(seconds, 5);
  std::cout << "  new product to answer: " << static_cast<int>(seconds * 1000) << " ms\n";
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::RecommendResponse drinker, process.Recommend(For("0")));
  EXPECT_THAT(ProductsOf(drinker), Contains("POT"));
}

TEST_F(ServiceTest, MetricsSayHowFarBothReadersAre) {
  Process process(dsn_, folder_);
  KONTOR_ASSERT_OK(process.Recommend(For("1"), process.Send("orders", Past(1))));
  const std::string text = process.Page("/metrics");
  for (const char* name : {"kontor_lag_records{group=\"recommendations\",reader=\"view\"}",
                           "kontor_lag_records{group=\"recommendations\",reader=\"consumer\"}",
                           "kontor_consumer_stopped_partitions{group=\"recommendations\"} 0"}) {
    EXPECT_THAT(text, HasSubstr(name));
  }
}

TEST_F(ServiceTest, IsReadyOnceTheLiveViewHasCaughtUpAndAnswersBefore) {
  {
    Process process(dsn_, folder_);
    KONTOR_ASSERT_OK(process.Recommend(For("1"), process.Send("orders", Past(1))));
  }
  Process process(dsn_, folder_, true);
  EXPECT_THAT(process.Page("/readyz"), HasSubstr("recommendations: the view is being built"));
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::RecommendResponse answer, process.Recommend(For("1")));
  EXPECT_TRUE(answer.degraded());
  process.ReleaseLog();
  EXPECT_TRUE(Eventually([&] { return absl::StrContains(process.Page("/readyz"), "200 OK"); }));
}

TEST_F(ServiceTest, ADeadLetterReachesItsTopic) {
  Process process(dsn_, folder_);
  KONTOR_ASSERT_OK(process.log().Append(fleet::kOrders, {{"key", "no record"}}));
  EXPECT_TRUE(Eventually([&] {
    int64_t letters = 0;
    for (int partition = 0; partition < *process.log().Partitions("dead-letter.recommendations"); ++partition) {
      letters += *process.log().End("dead-letter.recommendations", partition);
    }
    return letters == 1;
  }));
}

TEST_F(ServiceTest, AnswersGoOnWithoutTheStore) {
  const auto postgres = PrivatePostgres::Start();  // of its own, to kill
  Process process(postgres->CreateDatabase(), folder_);
  KONTOR_ASSERT_OK(process.Recommend(For("1"), process.Send("orders", Past(120))));
  KONTOR_ASSERT_OK(process.Train());
  KONTOR_ASSERT_OK(process.Recommend(For("0")));  // cached
  postgres->Kill();
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::RecommendResponse cached, process.Recommend(For("0")));
  EXPECT_EQ(cached.tier(), v1::TIER_PERSONAL);
  EXPECT_FALSE(cached.degraded());
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::RecommendResponse unknown, process.Recommend(For("7")));
  EXPECT_TRUE(unknown.degraded());
  EXPECT_EQ(unknown.tier(), v1::TIER_POPULAR);
  EXPECT_THAT(ProductsOf(unknown), Not(IsEmpty()));
  postgres->Restart();
  absl::StatusOr<v1::RecommendResponse> back = process.Recommend(For("7"));
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (back.ok() && back->degraded() && std::chrono::steady_clock::now() < give_up) {
    back = process.Recommend(For("7"));
  }
  KONTOR_ASSERT_OK(back);
  EXPECT_EQ(back->tier(), v1::TIER_PERSONAL);
}

}  // namespace
}  // namespace kontor::recommendations
