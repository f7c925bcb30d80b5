#include <algorithm>
#include <chrono>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/testing/eventually.h"
#include "libs/testing/status_matchers.h"
#include "services/recommendations/test_process.h"

// Rules, new products and streams over the wire.
namespace kontor::recommendations {
namespace {

using kontor::testing::Eventually;
using ::testing::Contains;
using ::testing::Not;

TEST_F(ServiceTest, ARuleReachesEveryProcess) {
  Process one(dsn_, folder_);
  KONTOR_ASSERT_OK(one.Recommend(For("1"), one.Send("orders", Past(120))));
  KONTOR_ASSERT_OK(one.Train());
  Process other(dsn_, folder_);
  v1::Rule rule;
  rule.mutable_condition()->add_product_ids("SOAP");
  rule.mutable_exclude();
  EXPECT_THAT(ProductsOf(*one.Recommend(For("1"))), Contains("SOAP"));
  EXPECT_THAT(ProductsOf(*other.Recommend(For("1"))), Contains("SOAP"));
  const auto start = std::chrono::steady_clock::now();
  KONTOR_ASSERT_OK(one.CreateRule("no-soap", rule));
  EXPECT_THAT(ProductsOf(*one.Recommend(For("1"))), Not(Contains("SOAP")));
  EXPECT_TRUE(Eventually([&] {
    const std::vector<std::string> products = ProductsOf(*other.Recommend(For("1")));
    return std::find(products.begin(), products.end(), "SOAP") == products.end();
  }));
  std::cout << "  a rule in another process: "
            << std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start).count()
            << " ms\n";
}

TEST_F(ServiceTest, ANewProductIsRecommendableByTheCatalogueAlone) {
  Process process(dsn_, folder_);
  KONTOR_ASSERT_OK(process.Recommend(For("1"), process.Send("orders", Past(120))));
  KONTOR_ASSERT_OK(process.Train());
  v1::RecommendRequest request = For("1");
  request.set_exploration_share(0.1);
  KONTOR_ASSERT_OK_AND_ASSIGN(
      const v1::RecommendResponse response,
      process.Recommend(request, process.Send("catalog", {RecordBytes(Product("KETTLE", "KETTLE", {"KITCHEN"}))})));
  EXPECT_THAT(ProductsOf(response), Contains("KETTLE"));
}

TEST_F(ServiceTest, AStreamReachesEverybodyAndEndsWhenItsCallerGoes) {
  Process process(dsn_, folder_);
  KONTOR_ASSERT_OK(process.Recommend(For("1"), process.Send("orders", Past(120))));
  KONTOR_ASSERT_OK(process.Train());
  v1::StreamRecommendationsRequest request;
  request.set_parent("shops/default");
  request.set_all_customers(true);
  v1::StreamRecommendationsResponse response;
  std::set<std::string> tokens;
  {
    grpc::ClientContext context;
    runtime::PrepareCall(context, "key", absl::Seconds(60));
    const auto stream = process.stub().StreamRecommendations(&context, request);
    while (stream->Read(&response)) {
      EXPECT_FALSE(response.response().recommendations().empty());
      tokens.insert(response.subject_token());
    }
    EXPECT_TRUE(stream->Finish().ok());
  }
  EXPECT_EQ(tokens.size(), 120u);
  request.clear_all_customers();
  for (int i = 0; i < 50'000; ++i) request.add_customer_ids(absl::StrCat(i % 120));
  grpc::ClientContext context;
  runtime::PrepareCall(context, "key", absl::Seconds(60));
  const auto stream = process.stub().StreamRecommendations(&context, request);
  ASSERT_TRUE(stream->Read(&response));
  context.TryCancel();
  while (stream->Read(&response)) {
  }
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(Eventually([&] {
    return absl::StrContains(process.Page("/metrics"),
                             "grpc_server_handled_total{grpc_code=\"Canceled\",grpc_method=\"StreamRecommendations\","
                             "grpc_service=\"kontor.recommendations.v1.RecommendationService\","
                             "grpc_type=\"server_stream\"} 1");
  }));
}

}  // namespace
}  // namespace kontor::recommendations
