#include "services/analytics/analytics_service.h"

#include <functional>
#include <memory>

#include "libs/base/status.h"
#include "libs/platform/fleet/lag_reporter.h"
#include "libs/platform/log/consumer.h"
#include "libs/platform/log/outbox.h"
#include "libs/platform/postgres/migrate.h"
#include "libs/platform/runtime/log.h"
#include "services/analytics/analyst_access.h"
#include "services/analytics/analytics_handler.h"
#include "services/analytics/fact_writer.h"
#include "services/analytics/migrations.h"
#include "services/analytics/view_follower.h"

namespace kontor::analytics {
namespace {

using std::placeholders::_1;
using std::placeholders::_2;
using std::placeholders::_3;

constexpr char kGroup[] = "analytics";
constexpr char kSchema[] = "analytics";

log::ConsumerOptions WriterOptions() {
  log::ConsumerOptions options;
  options.group = kGroup;
  options.schema = kSchema;
  options.topics = FactTopics();
  options.on_stopped = [](const log::Position& position, const absl::Status& status) {
    runtime::LogError("a partition is no longer consumed",
                      {{"position", log::FormatPosition(position)}, {"error", status.ToString()}});
  };
  return options;
}

// Everything the service keeps; members are destroyed in reverse.
struct AnalyticsParts {
  explicit AnalyticsParts(fleet::Fleet& fleet)
      : view(fleet.log, fleet.clock, fleet.shops, fleet.server.metrics()),
        consumer(fleet.log, fleet.postgres, writer, WriterOptions()),
        dead_letters(fleet.log, fleet.postgres, {.schema = kSchema}),
        handler(view, fleet.server.metrics()) {}

  ViewFollower view;
  FactWriter writer;
  log::Consumer consumer;
  log::OutboxRelay dead_letters;  // onto topic dead-letter.analytics
  AnalyticsHandler handler;
  std::unique_ptr<fleet::LagReporter> lag;
};

void RegisterHandlers(runtime::Server& server, AnalyticsHandler& handler) {
  server.Unary<v1::QueryKpisRequest, v1::QueryKpisResponse>("kontor.analytics.v1.AnalyticsService/QueryKpis",
                                                            std::bind(&AnalyticsHandler::QueryKpis, &handler, _1, _2));
  server.ServerStream<v1::WatchKpisRequest, v1::QueryKpisResponse>(
      "kontor.analytics.v1.AnalyticsService/WatchKpis", std::bind(&AnalyticsHandler::WatchKpis, &handler, _1, _2, _3));
  server.Unary<v1::ListMetricsRequest, v1::ListMetricsResponse>(
      "kontor.analytics.v1.AnalyticsService/ListMetrics", std::bind(&AnalyticsHandler::ListMetrics, &handler, _1, _2));
  server.AddService("kontor.analytics.v1.AnalyticsService");
}

// Without the right to create roles the service works all the same; analysts wait for an operator.
absl::Status GiveAccess(fleet::Fleet& fleet) {
  const absl::Status status = EnsureAnalystAccess(fleet.postgres, fleet.shops);
  if (!absl::IsPermissionDenied(status)) return status;
  runtime::LogWarning("analysts have no SQL access: create the roles of services/analytics/README.md and start again",
                      {{"error", status.ToString()}});
  return absl::OkStatus();
}

}  // namespace

absl::Status RegisterAnalytics(fleet::Fleet& fleet) {
  RETURN_IF_ERROR(postgres::Migrate(fleet.postgres, kSchema, Migrations()));
  RETURN_IF_ERROR(GiveAccess(fleet));
  AnalyticsParts& parts = fleet.application.Own(std::make_unique<AnalyticsParts>(fleet));
  RETURN_IF_ERROR(parts.view.Start());
  RETURN_IF_ERROR(parts.consumer.Start());
  RETURN_IF_ERROR(parts.dead_letters.Start());
  parts.lag = std::make_unique<fleet::LagReporter>(fleet.log, kGroup, &parts.view.follower(), parts.consumer,
                                                   fleet.server.metrics());
  RegisterHandlers(fleet.server, parts.handler);
  fleet.server.AddReadiness("analytics", [&view = parts.view.follower()] { return view.Ready(); });
  return absl::OkStatus();
}

}  // namespace kontor::analytics
