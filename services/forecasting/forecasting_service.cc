#include "services/forecasting/forecasting_service.h"

#include <functional>
#include <memory>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/platform/fleet/lag_reporter.h"
#include "libs/platform/log/outbox.h"
#include "libs/platform/postgres/migrate.h"
#include "libs/platform/runtime/log.h"
#include "services/forecasting/accuracy_handler.h"
#include "services/forecasting/backtest_handler.h"
#include "services/forecasting/demand_writer.h"
#include "services/forecasting/forecast_handler.h"
#include "services/forecasting/hierarchy_handler.h"
#include "services/forecasting/insight_handler.h"
#include "services/forecasting/inventory_handler.h"
#include "services/forecasting/migrations.h"
#include "services/forecasting/optimize_handler.h"
#include "services/forecasting/run_handler.h"
#include "services/forecasting/trend_handler.h"

namespace kontor::forecasting {
namespace {

using std::placeholders::_1;
using std::placeholders::_2;
using std::placeholders::_3;

constexpr char kGroup[] = "forecasting", kSchema[] = "forecasting";
constexpr char kService[] = "kontor.forecasting.v1.ForecastingService",
               kInventoryService[] = "kontor.forecasting.v1.InventoryService";
constexpr absl::Duration kLongDeadline = absl::Minutes(2);

log::ConsumerOptions WriterOptions() {
  log::ConsumerOptions options;
  options.group = kGroup;
  options.schema = kSchema;
  options.topics = DemandTopics();
  options.workers = 2;
  options.on_stopped = [](const log::Position& position, const absl::Status& status) {
    runtime::LogError("a partition is no longer consumed",
                      {{"position", log::FormatPosition(position)}, {"error", status.ToString()}});
  };
  return options;
}

std::string NewOwner() {
  std::random_device device;
  return absl::StrCat(absl::Hex(device(), absl::kZeroPad8), absl::Hex(device(), absl::kZeroPad8));
}

// Everything the service keeps; members are destroyed in reverse.
struct ForecastingParts {
  explicit ForecastingParts(fleet::Fleet& fleet)
      : consumer(fleet.log, fleet.postgres, writer, WriterOptions()),
        outbox(fleet.log, fleet.postgres, {.schema = kSchema}),
        demand(fleet.postgres),
        market(fleet.postgres),
        runs(fleet.postgres),
        settings(fleet.postgres),
        pasts(demand, market, fleet.clock, fleet.shops),
        events({pasts, demand, runs, settings, fleet.clock}),
        models({demand, fleet.models, fleet.clock}),
        runner({pasts, demand, market, runs, events, models, fleet.clock, fleet.server.metrics(), NewOwner()}),
        forecast({pasts, demand, market, runs, models, consumer}),
        run({pasts, runs, runner, consumer, fleet.clock}),
        hierarchy({pasts, demand, market, consumer}),
        backtest(pasts),
        accuracy({pasts, demand, runs}),
        insight(pasts),
        trends({pasts, demand}),
        inventory({pasts, demand, runs, settings, fleet.clock}),
        optimize(runs) {}

  DemandWriter writer;
  log::Consumer consumer;
  log::OutboxRelay outbox;  // dead letters, and what runs conclude
  DemandStore demand;
  MarketStore market;
  RunStore runs;
  SettingsStore settings;
  PastReader pasts;
  RunEvents events;
  GlobalModels models;
  ForecastRunner runner;
  ForecastHandler forecast;
  RunHandler run;
  HierarchyHandler hierarchy;
  BacktestHandler backtest;
  AccuracyHandler accuracy;
  InsightHandler insight;
  TrendHandler trends;
  InventoryHandler inventory;
  OptimizeHandler optimize;
  std::unique_ptr<fleet::LagReporter> lag;
};

std::string Method(const char* service, const char* name) { return absl::StrCat(service, "/", name); }

void RegisterForecasts(runtime::Server& server, ForecastingParts& parts) {
  server.Unary<v1::ForecastRequest, v1::ForecastResponse>(
      Method(kService, "Forecast"), std::bind(&ForecastHandler::Forecast, &parts.forecast, _1, _2));
  server.Unary<v1::ForecastHierarchyRequest, v1::ForecastHierarchyResponse>(
      Method(kService, "ForecastHierarchy"), std::bind(&HierarchyHandler::Forecast, &parts.hierarchy, _1, _2),
      {.deadline = kLongDeadline});
  server.Unary<v1::DecomposeRequest, v1::DecomposeResponse>(
      Method(kService, "Decompose"), std::bind(&InsightHandler::Decompose, &parts.insight, _1, _2));
  server.ServerStream<v1::BacktestRequest, v1::BacktestResponse>(
      Method(kService, "Backtest"), std::bind(&BacktestHandler::Backtest, &parts.backtest, _1, _2, _3));
  server.Unary<v1::GetAccuracyRequest, v1::GetAccuracyResponse>(
      Method(kService, "GetAccuracy"), std::bind(&AccuracyHandler::GetAccuracy, &parts.accuracy, _1, _2),
      {.deadline = kLongDeadline});
  server.Unary<v1::ExplainForecastChangeRequest, v1::ExplainForecastChangeResponse>(
      Method(kService, "ExplainForecastChange"),
      std::bind(&AccuracyHandler::ExplainForecastChange, &parts.accuracy, _1, _2));
  server.Unary<v1::DetectAnomaliesRequest, v1::DetectAnomaliesResponse>(
      Method(kService, "DetectAnomalies"), std::bind(&InsightHandler::DetectAnomalies, &parts.insight, _1, _2));
  server.Unary<v1::ListTrendsRequest, v1::ListTrendsResponse>(
      Method(kService, "ListTrends"), std::bind(&TrendHandler::ListTrends, &parts.trends, _1, _2),
      {.deadline = kLongDeadline});
  server.Unary<v1::StartForecastRunRequest, v1::ForecastRun>(Method(kService, "StartForecastRun"),
                                                             std::bind(&RunHandler::Start, &parts.run, _1, _2));
  server.Unary<v1::GetForecastRunRequest, v1::ForecastRun>(Method(kService, "GetForecastRun"),
                                                           std::bind(&RunHandler::Get, &parts.run, _1, _2));
  server.Unary<v1::ListForecastRunsRequest, v1::ListForecastRunsResponse>(
      Method(kService, "ListForecastRuns"), std::bind(&RunHandler::List, &parts.run, _1, _2));
  server.Unary<v1::CancelForecastRunRequest, v1::ForecastRun>(Method(kService, "CancelForecastRun"),
                                                              std::bind(&RunHandler::Cancel, &parts.run, _1, _2));
  server.AddService(kService);
}

void RegisterInventory(runtime::Server& server, InventoryHandler& inventory, OptimizeHandler& optimize) {
  server.Unary<v1::PlanInventoryRequest, v1::PlanInventoryResponse>(
      Method(kInventoryService, "PlanInventory"), std::bind(&InventoryHandler::Plan, &inventory, _1, _2),
      {.deadline = kLongDeadline});
  server.Unary<v1::SimulateInventoryRequest, v1::SimulateInventoryResponse>(
      Method(kInventoryService, "SimulateInventory"), std::bind(&InventoryHandler::Simulate, &inventory, _1, _2),
      {.deadline = kLongDeadline});
  server.Unary<v1::AllocateStockRequest, v1::AllocateStockResponse>(
      Method(kInventoryService, "AllocateStock"), std::bind(&InventoryHandler::Allocate, &inventory, _1, _2));
  server.Unary<v1::GetInventorySettingsRequest, v1::InventorySettings>(
      Method(kInventoryService, "GetInventorySettings"), std::bind(&InventoryHandler::GetSettings, &inventory, _1, _2));
  server.Unary<v1::UpdateInventorySettingsRequest, v1::InventorySettings>(
      Method(kInventoryService, "UpdateInventorySettings"),
      std::bind(&InventoryHandler::UpdateSettings, &inventory, _1, _2));
  server.Unary<v1::OptimizeStockRequest, v1::OptimizeStockResponse>(
      Method(kInventoryService, "OptimizeStock"), std::bind(&OptimizeHandler::OptimizeStock, &optimize, _1, _2));
  server.AddService(kInventoryService);
}

}  // namespace

absl::Status RegisterForecasting(fleet::Fleet& fleet) {
  RETURN_IF_ERROR(postgres::Migrate(fleet.postgres, kSchema, Migrations()));
  ForecastingParts& parts = fleet.application.Own(std::make_unique<ForecastingParts>(fleet));
  RETURN_IF_ERROR(parts.consumer.Start());
  RETURN_IF_ERROR(parts.outbox.Start());
  parts.lag = std::make_unique<fleet::LagReporter>(fleet.log, kGroup, nullptr, parts.consumer, fleet.server.metrics());
  parts.runner.Start();
  RegisterForecasts(fleet.server, parts);
  RegisterInventory(fleet.server, parts.inventory, parts.optimize);
  return absl::OkStatus();
}

}  // namespace kontor::forecasting
