#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "kontor/analytics/v1/analytics_service.grpc.pb.h"
#include "libs/base/hash.h"
#include "libs/platform/fleet/topics.h"
#include "libs/platform/log/postgres_event_log.h"
#include "libs/platform/runtime/client.h"
#include "libs/testing/private_postgres.h"
#include "libs/testing/status_matchers.h"
#include "libs/testing/temporary_folder.h"
#include "services/analytics/analytics_service.h"
#include "services/analytics/sample_records.h"

// The whole service as its callers meet it: gRPC, the log in PostgreSQL, SQL.
namespace kontor::analytics {
namespace {

class ServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    postgres::PostgresOptions postgres_options;
    postgres_options.dsn = kontor::testing::PrivatePostgres::Shared().CreateDatabase();
    postgres_options.pool_size = 16;
    auto pool = postgres::Pool::Create(postgres_options);
    KONTOR_ASSERT_OK(pool);
    pool_ = &application_.Own(*std::move(pool));
    auto log = log::OpenPostgresEventLog(*pool_, base::SystemClock());
    KONTOR_ASSERT_OK(log);
    log_ = &application_.Own(*std::move(log));
    KONTOR_ASSERT_OK(log_->CreateTopics(fleet::AllTopics(2)));
    auto models = registry::Registry::Open({folder_.File("models")}, base::SystemClock());
    KONTOR_ASSERT_OK(models);
    auto& registry = application_.Own(std::make_unique<registry::Registry>(*std::move(models)));

    fleet_.reset(new fleet::Fleet{application_,
                                  application_.MakeServer(Options()),
                                  *pool_,
                                  *log_,
                                  nullptr,
                                  registry,
                                  base::SystemClock(),
                                  sealer_,
                                  std::string(32, 's'),
                                  {{"default", absl::UTCTimeZone()}}});
    KONTOR_ASSERT_OK(RegisterAnalytics(*fleet_));
    KONTOR_ASSERT_OK(fleet_->server.Start());
    stub_ = v1::AnalyticsService::NewStub(runtime::NewChannel({absl::StrCat("127.0.0.1:", fleet_->server.port())}));
  }

  runtime::ServerOptions Options() const {
    const std::string keys = folder_.File("keys.json");
    std::ofstream(keys) << absl::StrCat(
        "{\"keys\":[{\"sha256\":\"", base::Sha256Hex("analyst"),
        "\",\"shop\":\"default\",\"roles\":[\"ROLE_ANALYST\"],\"label\":\"analyst\"}]}");
    runtime::ServerOptions options;
    options.keys_file = keys;
    return options;
  }

  log::Position Append(const std::string& topic, std::string bytes) {
    const auto positions = log_->Append(topic, {{"default/1", std::move(bytes)}});
    EXPECT_THAT(positions, kontor::testing::IsOk());
    return positions.ok() ? positions->front() : log::Position();
  }

  grpc::Status Ask(const std::string& key, const log::Position& position, v1::QueryKpisResponse& response) {
    v1::QueryKpisRequest request;
    request.set_parent("shops/default");
    request.add_metrics("revenue");
    auto* after = request.add_read_after();
    after->set_topic(position.topic);
    after->set_partition(position.partition);
    after->set_offset(position.offset);
    grpc::ClientContext context;
    runtime::PrepareCall(context, key, absl::Seconds(20));
    return stub_->QueryKpis(&context, request, &response);
  }

  // Waits for the consumer, whose progress the RPC does not wait for.
  bool Eventually(const std::string& sql) {
    const absl::Time give_up = absl::Now() + absl::Seconds(20);
    while (absl::Now() < give_up) {
      const auto rows = pool_->Exec(sql);
      if (rows.ok() && !rows->empty() && rows->Bool(0, 0)) return true;
      absl::SleepFor(absl::Milliseconds(10));  // between polls
    }
    return false;
  }

  const kontor::testing::TemporaryFolder folder_{"kontor-analytics"};
  fleet::PlainSealer sealer_;
  runtime::Application application_{0, nullptr};
  postgres::Pool* pool_ = nullptr;
  log::EventLog* log_ = nullptr;
  std::unique_ptr<fleet::Fleet> fleet_;
  std::unique_ptr<v1::AnalyticsService::Stub> stub_;
};

TEST_F(ServiceTest, AnEventIsInTheAnswerAndInSql) {
  const log::Position position =
      Append(fleet::kOrders, MakeRecord(MakeOrder("o1", 0, {{"p1", 2, 1999}}), {.event_id = "o1"}));
  v1::QueryKpisResponse response;
  const grpc::Status status = Ask("analyst", position, response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.totals().values(0).money().units(), 19);
  EXPECT_EQ(response.totals().values(0).money().nanos(), 990'000'000);
  EXPECT_TRUE(Eventually("SELECT coalesce(sum(revenue), 0) = 19.99 FROM sql_v1.daily_revenue"));
  EXPECT_THAT(Ask("stranger", position, response).error_code(), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(ServiceTest, ADeadLetterReachesItsTopic) {
  Append(fleet::kOrders, "\xff\xff");
  EXPECT_TRUE(Eventually("SELECT count(*) = 1 FROM analytics.dead_letters"));
  const absl::Time give_up = absl::Now() + absl::Seconds(20);
  int64_t published = 0;
  while (published == 0 && absl::Now() < give_up) {
    for (int partition = 0; partition < *log_->Partitions("dead-letter.analytics"); ++partition) {
      published += *log_->End("dead-letter.analytics", partition);
    }
    absl::SleepFor(absl::Milliseconds(10));  // between polls
  }
  EXPECT_EQ(published, 1);
}

TEST_F(ServiceTest, MetricsSayHowFarBothReadersAre) {
  const log::Position position = Append(fleet::kOrders, MakeRecord(MakeOrder("o1", 0, {{"p1", 1, 1}}), {}));
  v1::QueryKpisResponse response;
  ASSERT_TRUE(Ask("analyst", position, response).ok());
  const std::string text = fleet_->server.metrics().Text();
  for (const char* name :
       {"kontor_lag_records{group=\"analytics\",reader=\"view\"}",
        "kontor_lag_records{group=\"analytics\",reader=\"consumer\"}", "kontor_analytics_query_seconds_count 1",
        "kontor_analytics_view_facts_total{outcome=\"applied\"} 1",
        "kontor_consumer_events_total{event=\"dead_letter\",group=\"analytics\"} 0",
        "kontor_consumer_stopped_partitions{group=\"analytics\"} 0"}) {
    EXPECT_THAT(text, ::testing::HasSubstr(name));
  }
}

}  // namespace
}  // namespace kontor::analytics
