#pragma once

#include <grpcpp/grpcpp.h>

#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "kontor/events/v1/behavior.pb.h"
#include "kontor/events/v1/catalog.pb.h"
#include "kontor/events/v1/inventory.pb.h"
#include "kontor/events/v1/orders.pb.h"
#include "kontor/events/v1/record.pb.h"
#include "kontor/search/v1/curation_service.grpc.pb.h"
#include "kontor/search/v1/ranking_service.grpc.pb.h"
#include "kontor/search/v1/search_service.grpc.pb.h"
#include "libs/base/hash.h"
#include "libs/platform/fleet/event_time.h"
#include "libs/platform/fleet/topics.h"
#include "libs/platform/log/postgres_event_log.h"
#include "libs/platform/runtime/client.h"
#include "libs/platform/runtime/errors.h"
#include "libs/testing/http_get.h"
#include "libs/testing/private_postgres.h"
#include "libs/testing/temporary_folder.h"
#include "services/search/search_service.h"

// The whole service on one PostgreSQL, called as a storefront calls it, for tests.
namespace kontor::search {

namespace ev = kontor::events::v1;

struct TestProduct {
  std::string id, title, brand;
  std::vector<std::string> category;
  std::vector<std::pair<std::string, std::string>> attributes;
  std::vector<std::string> codes;
  std::string group;
  int64_t revision = 0;
};

inline ev::ProductUpserted Upserted(const TestProduct& product) {
  ev::ProductUpserted out;
  out.set_product_id(product.id);
  out.set_revision(product.revision);
  out.set_title(product.title);
  out.set_brand(product.brand);
  for (const std::string& level : product.category) out.add_category_path(level);
  for (const auto& [name, value] : product.attributes) {
    auto& attribute = *out.add_attributes();
    attribute.set_name(name);
    attribute.set_text(value);
  }
  for (const std::string& code : product.codes) out.add_codes(code);
  out.set_variant_group_id(product.group);
  return out;
}

inline ev::PriceSet PriceOf(const std::string& product, int64_t units, int64_t revision = 0) {
  ev::PriceSet out;
  out.set_product_id(product);
  out.set_revision(revision);
  out.set_currency_code("EUR");
  out.mutable_price()->set_units(units);
  return out;
}

inline ev::StockLevelSet StockOf(const std::string& product, int64_t units, int64_t revision = 0) {
  ev::StockLevelSet out;
  out.set_product_id(product);
  out.set_location_id("main");
  out.set_revision(revision);
  out.mutable_on_hand()->mutable_value()->set_units(units);
  return out;
}

template <typename Payload>
std::string RecordBytes(const Payload& payload, const std::string& token = "",
                        absl::Time at = absl::FromUnixSeconds(1'700'000'000)) {
  ev::EventRecord record;
  record.set_shop("default");
  record.set_event_id("e");
  record.set_source("test");
  record.set_type(Payload::descriptor()->full_name());
  fleet::SetTime(at, *record.mutable_occurred_at());
  fleet::SetTime(at, *record.mutable_received_at());
  record.mutable_context()->set_attribution_token(token);
  payload.SerializeToString(record.mutable_payload());
  return record.SerializeAsString();
}

// A process: the parts of fleet::Compose, the service, and a client with all roles.
class Process {
 public:
  Process(const std::string& dsn, const kontor::testing::TemporaryFolder& folder,
          const std::optional<fleet::OpenSearchConfig>& opensearch = std::nullopt)
      : application_(1, arguments_) {
    application_.SetGrace(absl::Seconds(5));
    auto pool = postgres::Pool::Create({.dsn = dsn});
    EXPECT_TRUE(pool.ok()) << pool.status();
    pool_ = &application_.Own(*std::move(pool));
    log_ = &application_.Own(*log::OpenPostgresEventLog(*pool_, base::SystemClock()));
    EXPECT_TRUE(log_->CreateTopics(fleet::AllTopics(2)).ok());
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
                                                                           "0123456789abcdef0123456789abcdef",
                                                                           {{"default", absl::UTCTimeZone()}},
                                                                           "",
                                                                           opensearch}));
    absl::Status status = RegisterSearch(*fleet_);
    if (status.ok()) status = server.Start();
    EXPECT_TRUE(status.ok()) << status;
    const auto channel = runtime::NewChannel({.target = absl::StrCat("127.0.0.1:", server.port())});
    search_ = v1::SearchService::NewStub(channel);
    curation_ = v1::CurationService::NewStub(channel);
    ranking_ = v1::RankingService::NewStub(channel);
  }

  // Appends records, all under one key, and remembers to wait for them.
  void Send(const std::string& topic, const std::vector<std::string>& records) {
    std::vector<log::NewRecord> batch;
    for (const std::string& bytes : records) batch.push_back({"default/one", bytes});
    const auto positions = log_->Append(topic, batch);
    ASSERT_TRUE(positions.ok()) << positions.status();
    for (const log::Position& position : *positions) after_[{position.topic, position.partition}] = position.offset;
  }
  void SendProducts(const std::vector<TestProduct>& products) {
    std::vector<std::string> records;
    for (const TestProduct& product : products) records.push_back(RecordBytes(Upserted(product)));
    Send("catalog", records);
  }

  // Sees all that was sent.
  absl::StatusOr<v1::SearchResponse> Search(v1::SearchRequest request) {
    request.set_parent("shops/default");
    for (const auto& [place, offset] : after_) {
      auto* out = request.add_read_after();
      out->set_topic(place.first);
      out->set_partition(place.second);
      out->set_offset(offset);
    }
    return Call<v1::SearchResponse>(*search_, &v1::SearchService::Stub::Search, request);
  }
  absl::StatusOr<v1::SearchResponse> Search(const std::string& query) {
    v1::SearchRequest request;
    request.set_query(query);
    return Search(request);
  }
  template <typename Response, typename Request>
  absl::StatusOr<Response> Ask(grpc::Status (v1::SearchService::Stub::*method)(grpc::ClientContext*, const Request&,
                                                                               Response*),
                               const Request& request) {
    return Call<Response>(*search_, method, request);
  }
  template <typename Response, typename Request>
  absl::StatusOr<Response> Curate(grpc::Status (v1::CurationService::Stub::*method)(grpc::ClientContext*,
                                                                                    const Request&, Response*),
                                  const Request& request) {
    return Call<Response>(*curation_, method, request);
  }
  template <typename Response, typename Request>
  absl::StatusOr<Response> Rank(grpc::Status (v1::RankingService::Stub::*method)(grpc::ClientContext*, const Request&,
                                                                                 Response*),
                                Request request) {
    request.set_parent("shops/default");
    return Call<Response>(*ranking_, method, request);
  }
  template <typename Response, typename Request>
  absl::StatusOr<Response> RankNamed(grpc::Status (v1::RankingService::Stub::*method)(grpc::ClientContext*,
                                                                                      const Request&, Response*),
                                     const Request& request) {
    return Call<Response>(*ranking_, method, request);
  }
  fleet::Fleet& fleet() { return *fleet_; }
  std::string Page(const std::string& path) const {
    return kontor::testing::HttpGet(fleet_->server.metrics_port(), path);
  }

 private:
  template <typename Response, typename Stub, typename Request>
  absl::StatusOr<Response> Call(Stub& stub,
                                grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                                const Request& request) {
    grpc::ClientContext context;
    runtime::PrepareCall(context, "key", absl::Seconds(60));
    Response response;
    const grpc::Status status = (stub.*method)(&context, request, &response);
    if (!status.ok()) return runtime::FromGrpc(status);
    return response;
  }

  static constexpr const char* arguments_[] = {"test"};
  fleet::PlainSealer sealer_;
  runtime::Application application_;
  postgres::Pool* pool_ = nullptr;
  log::EventLog* log_ = nullptr;
  fleet::Fleet* fleet_ = nullptr;
  std::unique_ptr<v1::SearchService::Stub> search_;
  std::unique_ptr<v1::CurationService::Stub> curation_;
  std::unique_ptr<v1::RankingService::Stub> ranking_;
  std::map<std::pair<std::string, int>, int64_t> after_;  // the last offset by topic and partition
};

inline std::vector<std::string> ProductsOf(const v1::SearchResponse& response) {
  std::vector<std::string> products;
  for (const v1::Result& result : response.results()) products.push_back(result.product_id());
  return products;
}

// A small shop of tools.
inline std::vector<TestProduct> ToolShop() {
  return {{"D1", "Cordless Drill 18 V", "Bosch", {"Tools", "Drills"}, {{"color", "blue"}}, {"GSR-18"}, "drill"},
          {"D2", "Cordless Drill 12 V", "Bosch", {"Tools", "Drills"}, {{"color", "blue"}}, {"GSR-12"}, "drill"},
          {"D3", "Hammer Drill 800 W", "Makita", {"Tools", "Drills"}, {{"color", "green"}}, {"HP1641"}},
          {"H1", "Claw Hammer with Wooden Handle", "Stanley", {"Tools", "Hammers"}, {{"color", "brown"}}},
          {"S1", "Wood Screws 4 x 40 mm, 200 pieces", "Spax", {"Fasteners"}, {{"color", "silver"}}},
          {"L1", "Leather Work Gloves", "Mechanix", {"Clothing"}, {{"color", "red"}}},
          {"L2", "Cotton Work Gloves", "Mechanix", {"Clothing"}, {{"color", "red"}}}};
}

class SearchServiceTest : public ::testing::Test {
 protected:
  const std::string dsn_ = kontor::testing::PrivatePostgres::Shared().CreateDatabase();
  const kontor::testing::TemporaryFolder folder_{"kontor-search"};
};

}  // namespace kontor::search
