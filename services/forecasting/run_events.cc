#include "services/forecasting/run_events.h"

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "kontor/events/v1/forecasts.pb.h"
#include "kontor/events/v1/record.pb.h"
#include "libs/base/status.h"
#include "libs/platform/fleet/event_time.h"
#include "libs/platform/fleet/topics.h"
#include "services/forecasting/accuracy_reader.h"
#include "services/forecasting/inventory_planner.h"
#include "services/forecasting/series_forecast.h"

namespace kontor::forecasting {
namespace {

namespace ev = kontor::events::v1;

constexpr int kDaysLookedBack = 28;
constexpr int kLeastForecasts = 100;
constexpr double kMostBias = 0.1, kLeastCoverage = 0.72;  // nine tenths of .8
constexpr double kLikely = 0.5;

// A conclusion of this service as a record; `object` orders those about the same thing.
template <typename Payload>
log::OutboxRow RecordOf(const std::string& id, const std::string& shop, const std::string& object,
                        const Payload& payload, absl::Time now) {
  ev::EventRecord record;
  record.set_shop(shop);
  record.set_event_id(id);
  record.set_source("forecasting");
  record.set_type(Payload::descriptor()->full_name());
  fleet::SetTime(now, *record.mutable_occurred_at());
  fleet::SetTime(now, *record.mutable_received_at());
  payload.SerializeToString(record.mutable_payload());
  return {absl::StrCat("forecasting/", shop, "/", id), fleet::kDecisions, absl::StrCat(shop, "/", object),
          record.SerializeAsString()};
}

absl::string_view LevelName(Level level) {
  return level == Level::kShop ? "shop" : level == Level::kCategory ? "category" : "product";
}

struct Alert {
  ev::ForecastAlert::Kind kind;
  double observed, reference;
  std::string sentence;
};

std::vector<Alert> AlertsOf(absl::string_view level, const AccuracyFigures& figures) {
  std::vector<Alert> alerts;
  if (figures.count < kLeastForecasts) return alerts;
  if (figures.wape > figures.naive_wape) {
    alerts.push_back({ev::ForecastAlert::KIND_NO_VALUE, figures.wape, figures.naive_wape,
                      absl::StrFormat("forecasts by %s were off by %.1f%%, the seasonal naive by %.1f%%", level,
                                      100 * figures.wape, 100 * figures.naive_wape)});
  }
  if (figures.bias > kMostBias || figures.bias < -kMostBias) {
    alerts.push_back({ev::ForecastAlert::KIND_BIAS, figures.bias, kMostBias,
                      absl::StrFormat("forecasts by %s were %.1f%% too %s in all", level, 100 * std::abs(figures.bias),
                                      figures.bias > 0 ? "high" : "low")});
  }
  if (figures.coverage.front() < kLeastCoverage) {
    alerts.push_back({ev::ForecastAlert::KIND_COVERAGE, figures.coverage.front(), kLeastCoverage,
                      absl::StrFormat("%.1f%% of what came by %s lay within the 80%% intervals",
                                      100 * figures.coverage.front(), level)});
  }
  return alerts;
}

}  // namespace

absl::StatusOr<std::vector<log::OutboxRow>> RunEvents::After(const fleet::Shop& shop, const Run& run) {
  const absl::Time now = parts_.clock.Now();
  std::vector<log::OutboxRow> rows;
  ev::ForecastPublished published;
  published.set_shop(run.shop);
  published.set_run(RunName(run));
  fleet::SetTime(absl::FromCivil(run.data_until + 1, shop.time_zone), *published.mutable_data_until());
  published.set_series(run.series_done);
  rows.push_back(RecordOf(absl::StrCat("published/", run.number), run.shop, "runs", published, now));
  RETURN_IF_ERROR(AddOrders(run, now, rows));
  RETURN_IF_ERROR(AddAlerts(shop, run, now, rows));
  return rows;
}

absl::Status RunEvents::AddOrders(const Run& run, absl::Time now, std::vector<log::OutboxRow>& rows) {
  ASSIGN_OR_RETURN(const v1::InventorySettings settings, parts_.settings.Load(run.shop));
  if (!settings.publish_events()) return absl::OkStatus();
  const v1::InventoryPolicy policy = WithDefaults(settings.policy());
  ASSIGN_OR_RETURN(const auto stock, parts_.demand.Stock(run.shop));
  const auto take = [&](const Node& node, const StoredForecast& daily) -> absl::Status {
    const auto on_hand = stock.find(node.id);
    if (on_hand == stock.end()) return absl::OkStatus();
    const ProductQuestion question{node.id, StockPosition{on_hand->second, 0}, 0};
    ASSIGN_OR_RETURN(ProductPlan plan, PlanProduct(question, daily, policy));
    if (plan.order_quantity > 0) {
      ev::ReorderSuggested reorder;
      reorder.set_shop(run.shop);
      reorder.set_run(RunName(run));
      reorder.set_product_id(node.id);
      reorder.set_on_hand(on_hand->second);
      reorder.set_reorder_point(plan.reorder_point);
      reorder.set_quantity(plan.order_quantity);
      rows.push_back(RecordOf(absl::StrCat("reorder/", run.number, "/", node.id), run.shop,
                              absl::StrCat("products/", node.id), reorder, now));
    }
    RETURN_IF_ERROR(AddStockOut(question, daily, policy, plan));
    if (plan.stock_out_probability <= kLikely) return absl::OkStatus();
    ev::StockoutRisk risk;
    risk.set_shop(run.shop);
    risk.set_run(RunName(run));
    risk.set_product_id(node.id);
    risk.set_probability(plan.stock_out_probability);
    if (plan.stock_out.has_value()) {
      fleet::SetTime(absl::FromCivil(*plan.stock_out, absl::UTCTimeZone()), *risk.mutable_expected_at());
    }
    rows.push_back(RecordOf(absl::StrCat("stockout/", run.number, "/", node.id), run.shop,
                            absl::StrCat("products/", node.id), risk, now));
    return absl::OkStatus();
  };
  return ForEachForecast(parts_.runs, run, v1::GRAIN_DAY, Level::kProduct, take);
}

absl::Status RunEvents::AddAlerts(const fleet::Shop& shop, const Run& run, absl::Time now,
                                  std::vector<log::OutboxRow>& rows) {
  AccuracyQuestion question;
  question.from = run.data_until - kDaysLookedBack;
  question.to = run.data_until;
  ASSIGN_OR_RETURN(const AccuracyReport report,
                   MeasureAccuracy(parts_.pasts, parts_.demand, parts_.runs, shop, question));
  for (const auto& [level, score] : report.levels) {
    for (const Alert& alert : AlertsOf(LevelName(level), score.monitor.Overall())) {
      ev::ForecastAlert out;
      const std::string kind = absl::AsciiStrToLower(ev::ForecastAlert::Kind_Name(alert.kind));
      out.set_alert_id(absl::StrCat("forecast-alert/", kind, "/", LevelName(level), "/", run.number));
      out.set_shop(run.shop);
      out.set_kind(alert.kind);
      out.set_level(std::string(LevelName(level)));
      out.set_observed(alert.observed);
      out.set_reference(alert.reference);
      out.set_sentence(alert.sentence);
      rows.push_back(RecordOf(out.alert_id(), run.shop, "forecast-alerts", out, now));
    }
  }
  return absl::OkStatus();
}

}  // namespace kontor::forecasting
