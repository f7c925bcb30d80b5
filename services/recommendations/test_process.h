#pragma once

#include <grpcpp/grpcpp.h>

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "kontor/recommendations/v1/placement_service.grpc.pb.h"
#include "kontor/recommendations/v1/quality_service.grpc.pb.h"
#include "kontor/recommendations/v1/recommendation_service.grpc.pb.h"
#include "kontor/recommendations/v1/rule_service.grpc.pb.h"
#include "libs/base/hash.h"
#include "libs/platform/fleet/topics.h"
#include "libs/platform/log/postgres_event_log.h"
#include "libs/platform/runtime/client.h"
#include "libs/platform/runtime/errors.h"
#include "libs/testing/http_get.h"
#include "libs/testing/temporary_folder.h"
#include "services/recommendations/decode.h"
#include "services/recommendations/held_log.h"
#include "services/recommendations/recommendations_service.h"
#include "services/recommendations/test_database.h"
#include "services/recommendations/test_model.h"
#include "services/recommendations/test_records.h"

// The whole service on one PostgreSQL, called as a storefront calls it, for tests.
namespace kontor::recommendations {

// A process: the parts of fleet::Compose, the service, and a client with both keys.
class Process {
 public:
  Process(const std::string& dsn, const kontor::testing::TemporaryFolder& folder, bool hold_log = false)
      : application_(1, arguments_) {
    application_.SetGrace(absl::Seconds(5));
    pool_ = &application_.Own(TestPool(dsn));
    log_ = &application_.Own(*log::OpenPostgresEventLog(*pool_, base::SystemClock()));
    if (hold_log) log_ = held_ = &application_.Own(std::make_unique<HeldLog>(*log_));
    const absl::Status topics = log_->CreateTopics(fleet::AllTopics(2));
    EXPECT_TRUE(topics.ok()) << topics;
    auto& models = application_.Own(
        std::make_unique<registry::Registry>(*registry::Registry::Open({folder.File("models")}, base::SystemClock())));
    runtime::ServerOptions options;
    options.metrics_address = "127.0.0.1:0";
    options.keys_file = folder.File("keys.json");
    std::ofstream(options.keys_file) << absl::StrCat(
        "{\"keys\":[{\"sha256\":\"", base::Sha256Hex("key"),
        "\",\"shop\":\"default\",\"roles\":[\"ROLE_STOREFRONT\",\"ROLE_OPERATOR\"],\"label\":\"test\"}]}");
    runtime::Server& server = application_.MakeServer(options);
    fleet_ = &application_.Own(std::make_unique<fleet::Fleet>(fleet::Fleet{application_,
                                                                           server,
                                                                           *pool_,
                                                                           *log_,
                                                                           nullptr,
                                                                           models,
                                                                           base::SystemClock(),
                                                                           sealer_,
                                                                           kTestSecret,
                                                                           {{kTestShop, absl::UTCTimeZone()}}}));
    absl::Status status = RegisterRecommendations(*fleet_);
    if (status.ok()) status = server.Start();
    EXPECT_TRUE(status.ok()) << status;
    const auto channel = runtime::NewChannel({.target = absl::StrCat("127.0.0.1:", server.port())});
    stub_ = v1::RecommendationService::NewStub(channel);
    rules_ = v1::RuleService::NewStub(channel);
    quality_ = v1::QualityService::NewStub(channel);
    placements_ = v1::PlacementService::NewStub(channel);
  }

  // Appends records and returns their positions.
  std::vector<log::Position> Send(const std::string& topic, const std::vector<std::string>& records) {
    std::vector<log::NewRecord> batch;
    for (const std::string& bytes : records) {
      const absl::StatusOr<DecodedRecord> decoded = DecodeRecord(bytes);
      std::string key = decoded->subject;
      if (const auto* order = std::get_if<OrderSnapshot>(&decoded->content)) key = order->order_id;
      if (const auto* cancelled = std::get_if<OrderVoid>(&decoded->content)) key = cancelled->order_id;
      if (const auto* product = std::get_if<catalogue::ProductSnapshot>(&decoded->content)) key = product->product;
      batch.push_back({absl::StrCat(kTestShop, "/", key), bytes});
    }
    const auto positions = log_->Append(topic, batch);
    EXPECT_TRUE(positions.ok()) << positions.status();
    return positions.value_or(std::vector<log::Position>());
  }

  absl::StatusOr<v1::RecommendResponse> Recommend(v1::RecommendRequest request,
                                                  const std::vector<log::Position>& after = {}) {
    request.set_parent("shops/default");
    for (const log::Position& position : after) {
      auto* out = request.add_read_after();
      out->set_topic(position.topic);
      out->set_partition(position.partition);
      out->set_offset(position.offset);
    }
    return Call<v1::RecommendResponse>(&v1::RecommendationService::Stub::Recommend, request);
  }
  absl::StatusOr<v1::Model> Train() {
    v1::TrainModelRequest request;
    request.set_parent("shops/default");
    return Call<v1::Model>(&v1::RecommendationService::Stub::TrainModel, request);
  }
  absl::StatusOr<v1::Rule> CreateRule(const std::string& id, const v1::Rule& rule) {
    v1::CreateRuleRequest request;
    request.set_parent("shops/default");
    request.set_rule_id(id);
    *request.mutable_rule() = rule;
    grpc::ClientContext context;
    runtime::PrepareCall(context, "key", absl::Seconds(60));
    v1::Rule response;
    const grpc::Status status = rules_->CreateRule(&context, request, &response);
    if (!status.ok()) return runtime::FromGrpc(status);
    return response;
  }
  absl::StatusOr<v1::GetQualityResponse> GetQuality(const v1::GetQualityRequest& request) {
    grpc::ClientContext context;
    runtime::PrepareCall(context, "key", absl::Seconds(60));
    v1::GetQualityResponse response;
    const grpc::Status status = quality_->GetQuality(&context, request, &response);
    if (!status.ok()) return runtime::FromGrpc(status);
    return response;
  }
  v1::PlacementService::Stub& placements() { return *placements_; }
  v1::RecommendationService::Stub& stub() { return *stub_; }
  log::EventLog& log() { return *log_; }
  std::string Page(const std::string& path) const {
    return kontor::testing::HttpGet(fleet_->server.metrics_port(), path);
  }
  void ReleaseLog() { held_->Release(); }

  template <typename Response, typename Request>
  absl::StatusOr<Response> Call(grpc::Status (v1::RecommendationService::Stub::*method)(grpc::ClientContext*,
                                                                                        const Request&, Response*),
                                const Request& request) {
    grpc::ClientContext context;
    runtime::PrepareCall(context, "key", absl::Seconds(60));
    Response response;
    const grpc::Status status = (stub_.get()->*method)(&context, request, &response);
    if (!status.ok()) return runtime::FromGrpc(status);
    return response;
  }

 private:
  static constexpr const char* arguments_[] = {"test"};
  fleet::PlainSealer sealer_;
  runtime::Application application_;
  postgres::Pool* pool_ = nullptr;
  log::EventLog* log_ = nullptr;
  HeldLog* held_ = nullptr;
  fleet::Fleet* fleet_ = nullptr;
  std::unique_ptr<v1::RecommendationService::Stub> stub_;
  std::unique_ptr<v1::RuleService::Stub> rules_;
  std::unique_ptr<v1::QualityService::Stub> quality_;
  std::unique_ptr<v1::PlacementService::Stub> placements_;
};

inline std::vector<std::string> ProductsOf(const v1::RecommendResponse& response) {
  std::vector<std::string> products;
  for (const auto& one : response.recommendations()) products.push_back(one.product_id());
  return products;
}

class ServiceTest : public ::testing::Test {
 protected:
  // A shop's past, imported: `customers` people with four orders each.
  static std::vector<std::string> Past(int customers) {
    base::Random random(11);
    std::vector<std::string> records;
    for (int c = 0; c < customers; ++c) {
      for (int day = 0; day < 4; ++day) {
        records.push_back(RecordBytes(Order(absl::StrCat("o-", c, "-", day), HabitualBasket(c % 2 == 0, random)),
                                      {.customer = absl::StrCat(c),
                                       .occurred_at = absl::FromUnixSeconds(1'320'000'000 + 86'400 * day + c),
                                       .imported = true,
                                       .country = c % 2 == 0 ? "France" : "Spain"}));
      }
    }
    return records;
  }
  static v1::RecommendRequest For(const std::string& customer) {
    v1::RecommendRequest request;
    request.set_customer_id(customer);
    return request;
  }
  static v1::RecommendRequest BoughtBy(const std::string& customer) {
    v1::RecommendRequest request = For(customer);
    request.set_bought_products(v1::BOUGHT_PRODUCTS_ONLY);
    return request;
  }

  const std::string dsn_ = kontor::testing::PrivatePostgres::Shared().CreateDatabase();
  const kontor::testing::TemporaryFolder folder_{"kontor-rec"};
};

}  // namespace kontor::recommendations
