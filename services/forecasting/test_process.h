#pragma once

#include <grpcpp/grpcpp.h>

#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "kontor/forecasting/v1/forecasting_service.grpc.pb.h"
#include "kontor/forecasting/v1/inventory_service.grpc.pb.h"
#include "libs/base/hash.h"
#include "libs/platform/fleet/topics.h"
#include "libs/platform/log/postgres_event_log.h"
#include "libs/platform/runtime/client.h"
#include "libs/platform/runtime/errors.h"
#include "libs/testing/private_postgres.h"
#include "libs/testing/temporary_folder.h"
#include "services/forecasting/calendar.h"
#include "services/forecasting/forecasting_service.h"
#include "services/forecasting/test_records.h"

// The whole service on one PostgreSQL, called as others call it, for tests.
namespace kontor::forecasting {

// A process: the parts of fleet::Compose, the service, and a client with all roles. `country` is the shop's.
class Process {
 public:
  Process(const std::string& dsn, const kontor::testing::TemporaryFolder& folder, const std::string& country = "")
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
        "\",\"shop\":\"default\",\"roles\":[\"ROLE_ANALYST\",\"ROLE_OPERATOR\"],\"label\":\"test\"}]}");
    runtime::Server& server = application_.MakeServer(options);
    fleet_ =
        &application_.Own(std::make_unique<fleet::Fleet>(fleet::Fleet{application_,
                                                                      server,
                                                                      *pool_,
                                                                      *log_,
                                                                      nullptr,
                                                                      models,
                                                                      base::SystemClock(),
                                                                      sealer_,
                                                                      "0123456789abcdef0123456789abcdef",
                                                                      {{"default", absl::UTCTimeZone(), "en", country}},
                                                                      ""}));
    absl::Status status = RegisterForecasting(*fleet_);
    if (status.ok()) status = server.Start();
    EXPECT_TRUE(status.ok()) << status;
    const auto channel = runtime::NewChannel({.target = absl::StrCat("127.0.0.1:", server.port())});
    forecasting_ = v1::ForecastingService::NewStub(channel);
    inventory_ = v1::InventoryService::NewStub(channel);
  }

  // Appends records, all under one key, and remembers to wait for them.
  void Send(const std::string& topic, const std::vector<std::string>& records) {
    std::vector<log::NewRecord> batch;
    for (const std::string& bytes : records) batch.push_back({"default/one", bytes});
    const auto positions = log_->Append(topic, batch);
    ASSERT_TRUE(positions.ok()) << positions.status();
    after_.insert(after_.end(), positions->begin(), positions->end());
  }

  // A run that knows all that was sent, when it has ended.
  absl::StatusOr<v1::ForecastRun> MakeRun(std::optional<absl::CivilDay> until = std::nullopt) {
    v1::StartForecastRunRequest request;
    request.set_parent("shops/default");
    AddAfter(*request.mutable_read_after());
    if (until.has_value()) *request.mutable_data_until() = DateFrom(*until);
    return MakeRun(request);
  }
  absl::StatusOr<v1::ForecastRun> MakeRun(const v1::StartForecastRunRequest& request) {
    auto run = Ask<v1::ForecastRun>(&v1::ForecastingService::Stub::StartForecastRun, request);
    while (run.ok() && run->state() == v1::ForecastRun::STATE_RUNNING) {
      absl::SleepFor(absl::Milliseconds(20));  // the pause of a poll that the run's end bounds
      v1::GetForecastRunRequest get;
      get.set_name(run->name());
      run = Ask<v1::ForecastRun>(&v1::ForecastingService::Stub::GetForecastRun, get);
    }
    return run;
  }
  void AddAfter(google::protobuf::RepeatedPtrField<kontor::type::v1::LogPosition>& out) const {
    for (const log::Position& position : after_) {
      auto* after = out.Add();
      after->set_topic(position.topic);
      after->set_partition(position.partition);
      after->set_offset(position.offset);
    }
  }

  template <typename Response, typename Request>
  absl::StatusOr<Response> Ask(grpc::Status (v1::ForecastingService::Stub::*method)(grpc::ClientContext*,
                                                                                    const Request&, Response*),
                               const Request& request) {
    return Call<Response>(*forecasting_, method, request);
  }
  template <typename Response, typename Request>
  absl::StatusOr<Response> AskInventory(grpc::Status (v1::InventoryService::Stub::*method)(grpc::ClientContext*,
                                                                                           const Request&, Response*),
                                        const Request& request) {
    return Call<Response>(*inventory_, method, request);
  }
  absl::StatusOr<std::vector<v1::BacktestResponse>> Backtest(const v1::BacktestRequest& request) {
    grpc::ClientContext context;
    runtime::PrepareCall(context, "key", absl::Seconds(60));
    const auto reader = forecasting_->Backtest(&context, request);
    std::vector<v1::BacktestResponse> responses;
    v1::BacktestResponse response;
    while (reader->Read(&response)) responses.push_back(response);
    const grpc::Status status = reader->Finish();
    if (!status.ok()) return runtime::FromGrpc(status);
    return responses;
  }
  postgres::Pool& pool() { return *pool_; }
  log::EventLog& log() { return *log_; }

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
  std::unique_ptr<v1::ForecastingService::Stub> forecasting_;
  std::unique_ptr<v1::InventoryService::Stub> inventory_;
  std::vector<log::Position> after_;
};

class ForecastingServiceTest : public ::testing::Test {
 protected:
  const std::string dsn_ = kontor::testing::PrivatePostgres::Shared().CreateDatabase();
  const kontor::testing::TemporaryFolder folder_{"kontor-forecasting"};
};

}  // namespace kontor::forecasting
