#include "services/kontorctl/demo_forecasts.h"

#include <cstdio>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "kontor/forecasting/v1/forecasting_service.grpc.pb.h"
#include "kontor/forecasting/v1/inventory_service.grpc.pb.h"
#include "libs/base/status.h"
#include "services/kontorctl/call.h"
#include "services/kontorctl/forecast_calls.h"
#include "services/kontorctl/forecast_display.h"

namespace kontor::ctl {
namespace {

namespace v1 = kontor::forecasting::v1;
using Service = v1::ForecastingService;
using Inventory = v1::InventoryService;

constexpr absl::Duration kPatience = absl::Minutes(3);
constexpr int kDaysBefore = 28, kLeastDays = 70;

void Heading(const std::string& text) { std::printf("\n\x1b[1m%s\x1b[0m\n\n", text.c_str()); }

absl::StatusOr<v1::ForecastResponse> Forecast(const Session& session, const std::string& product, v1::Grain grain,
                                              int horizon, int history = 0) {
  v1::ForecastRequest request;
  request.set_parent(session.shop());
  if (!product.empty()) request.mutable_series()->add_product_ids(product);
  request.set_grain(grain);
  request.set_horizon(horizon);
  request.set_history(history);
  for (const double quantile : {0.1, 0.5, 0.9}) request.add_quantiles(quantile);
  return Call<Service>(session, kPatience, &Service::Stub::Forecast, request);
}

// A run over all series that knows the sales up to `until`.
absl::Status MakeRun(const Session& session, absl::CivilDay until) {
  v1::StartForecastRunRequest request;
  request.set_parent(session.shop());
  request.mutable_data_until()->set_year(static_cast<int32_t>(until.year()));
  request.mutable_data_until()->set_month(until.month());
  request.mutable_data_until()->set_day(until.day());
  ASSIGN_OR_RETURN(v1::ForecastRun run, Call<Service>(session, kPatience, &Service::Stub::StartForecastRun, request));
  ASSIGN_OR_RETURN(run, WaitForRun(session, std::move(run)));
  std::printf("%s", Show(run).c_str());
  return absl::OkStatus();
}

absl::Status ShowAccuracy(const Session& session) {
  v1::GetAccuracyRequest request;
  request.set_parent(session.shop());
  request.set_grain(v1::GRAIN_WEEK);
  ASSIGN_OR_RETURN(const v1::GetAccuracyResponse accuracy,
                   Call<Service>(session, kPatience, &Service::Stub::GetAccuracy, request));
  std::printf("%s", Show(accuracy).c_str());
  return absl::OkStatus();
}

absl::Status ShowTrends(const Session& session) {
  v1::ListTrendsRequest request;
  request.set_parent(session.shop());
  request.set_direction(v1::ListTrendsRequest::DIRECTION_UP);
  request.set_page_size(5);
  ASSIGN_OR_RETURN(const v1::ListTrendsResponse trends,
                   Call<Service>(session, kPatience, &Service::Stub::ListTrends, request));
  std::printf("%s", Show(trends).c_str());
  return absl::OkStatus();
}

absl::Status ShowStock(const Session& session) {
  v1::SimulateInventoryRequest request;
  request.set_parent(session.shop());
  ASSIGN_OR_RETURN(const v1::SimulateInventoryResponse levels,
                   Call<Inventory>(session, kPatience, &Inventory::Stub::SimulateInventory, request));
  std::printf("%s", Show(levels).c_str());
  return absl::OkStatus();
}

}  // namespace

absl::Status ShowForecasts(const Session& session, const DemoCast& cast) {
  const auto week = Forecast(session, "", v1::GRAIN_DAY, 1, kLeastDays);
  if (absl::IsNotFound(week.status())) return absl::OkStatus();
  RETURN_IF_ERROR(week.status());
  if (week->history_size() < kLeastDays) return absl::OkStatus();
  const google::type::Date& last = week->data_until();
  const absl::CivilDay end(last.year(), last.month(), last.day());
  Heading("Forecasting every product, every category and the shop, as of four weeks before the end and as of the end");
  RETURN_IF_ERROR(MakeRun(session, end - kDaysBefore));
  RETURN_IF_ERROR(MakeRun(session, end));
  Heading("Those of four weeks before, by week, beside what came");
  RETURN_IF_ERROR(ShowAccuracy(session));
  Heading("The whole shop in the next four weeks, units");
  ASSIGN_OR_RETURN(const v1::ForecastResponse shop, Forecast(session, "", v1::GRAIN_WEEK, 4));
  std::printf("%s", Show(shop).c_str());
  if (!cast.basket.empty()) {
    Heading(absl::StrCat("Product ", cast.basket.front(), " in the next seven days, units"));
    ASSIGN_OR_RETURN(const v1::ForecastResponse product, Forecast(session, cast.basket.front(), v1::GRAIN_DAY, 7));
    std::printf("%s", Show(product).c_str());
  }
  Heading("What sells more from week to week");
  RETURN_IF_ERROR(ShowTrends(session));
  Heading("What service levels would cost in stock, the hundred products that sell most");
  return ShowStock(session);
}

}  // namespace kontor::ctl
