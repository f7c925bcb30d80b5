#include <cstdio>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"
#include "kontor/forecasting/v1/forecasting_service.grpc.pb.h"
#include "kontor/forecasting/v1/inventory_service.grpc.pb.h"
#include "libs/base/status.h"
#include "services/kontorctl/call.h"
#include "services/kontorctl/commands.h"
#include "services/kontorctl/enum_value.h"
#include "services/kontorctl/forecast_calls.h"
#include "services/kontorctl/forecast_display.h"
#include "services/kontorctl/session_options.h"

namespace kontor::ctl {
namespace {

namespace v1 = kontor::forecasting::v1;
using Service = v1::ForecastingService;
using Inventory = v1::InventoryService;
using Words = absl::Span<const std::string>;

constexpr absl::Duration kTimeout = absl::Seconds(30), kLongTimeout = absl::Minutes(3);

absl::StatusOr<Arguments> ParseSeries(Words words) {
  return ParseWith(words,
                   {"product", "category", "brand", "store", "country", "grain", "horizon", "method", "origins",
                    "price", "from", "holidays"},
                   {"revenue"});
}

absl::Status ReadDay(absl::string_view text, google::type::Date& out) {
  absl::CivilDay day;
  if (!absl::ParseCivilTime(text, &day)) {
    return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is no day like 2011-12-24"));
  }
  out.set_year(static_cast<int32_t>(day.year()));
  out.set_month(day.month());
  out.set_day(day.day());
  return absl::OkStatus();
}

// "2011-12-24=0.8,…": the price from a day on.
absl::Status ReadScenario(const Arguments& arguments, v1::ForecastRequest& request) {
  for (const std::string& change : arguments.List("price")) {
    const std::pair<absl::string_view, absl::string_view> sides = absl::StrSplit(change, absl::MaxSplits('=', 1));
    v1::PriceChange& out = *request.mutable_scenario()->add_price_changes();
    RETURN_IF_ERROR(ReadDay(sides.first, *out.mutable_start_date()));
    double factor = 0;
    if (!absl::SimpleAtod(sides.second, &factor)) {
      return absl::InvalidArgumentError("use --price DAY=FACTOR, such as 2011-12-24=0.8");
    }
    out.set_factor(factor);
  }
  if (arguments.Has("holidays")) request.mutable_scenario()->set_holiday_country(arguments.Get("holidays"));
  return absl::OkStatus();
}

absl::Status ShowHierarchy(const Session& session, const Arguments& arguments) {
  ASSIGN_OR_RETURN(const v1::ForecastHierarchyRequest request, ReadHierarchy(session.shop(), arguments));
  ASSIGN_OR_RETURN(const v1::ForecastHierarchyResponse response,
                   Call<Service>(session, kLongTimeout, &Service::Stub::ForecastHierarchy, request));
  std::printf("%s", Show(response).c_str());
  return absl::OkStatus();
}

}  // namespace

absl::Status RunForecast(Words words) {
  ASSIGN_OR_RETURN(const Arguments arguments, ParseSeries(words));
  ASSIGN_OR_RETURN(const Session session, Session::Open(arguments));
  v1::ForecastRequest request;
  RETURN_IF_ERROR(ReadQuestion(session.shop(), arguments, request));
  RETURN_IF_ERROR(ReadScenario(arguments, request));
  ASSIGN_OR_RETURN(const int64_t horizon, arguments.Int("horizon", 0));
  request.set_horizon(static_cast<int>(horizon));
  request.set_method(arguments.Get("method"));
  ASSIGN_OR_RETURN(const v1::ForecastResponse response,
                   Call<Service>(session, kTimeout, &Service::Stub::Forecast, request));
  std::printf("%s", Show(response).c_str());
  return absl::OkStatus();
}

absl::Status RunDecompose(Words words) {
  ASSIGN_OR_RETURN(const Arguments arguments, ParseSeries(words));
  ASSIGN_OR_RETURN(const Session session, Session::Open(arguments));
  v1::DecomposeRequest request;
  RETURN_IF_ERROR(ReadQuestion(session.shop(), arguments, request));
  ASSIGN_OR_RETURN(const v1::DecomposeResponse response,
                   Call<Service>(session, kTimeout, &Service::Stub::Decompose, request));
  std::printf("%s", Show(response).c_str());
  return absl::OkStatus();
}

absl::Status RunAnomalies(Words words) {
  ASSIGN_OR_RETURN(const Arguments arguments, ParseSeries(words));
  ASSIGN_OR_RETURN(const Session session, Session::Open(arguments));
  v1::DetectAnomaliesRequest request;
  RETURN_IF_ERROR(ReadQuestion(session.shop(), arguments, request));
  if (arguments.Has("from")) RETURN_IF_ERROR(ReadDay(arguments.Get("from"), *request.mutable_start_date()));
  ASSIGN_OR_RETURN(const v1::DetectAnomaliesResponse response,
                   Call<Service>(session, kTimeout, &Service::Stub::DetectAnomalies, request));
  std::printf("%s", Show(response).c_str());
  return absl::OkStatus();
}

absl::Status RunBacktest(Words words) {
  ASSIGN_OR_RETURN(const Arguments arguments, ParseSeries(words));
  ASSIGN_OR_RETURN(const Session session, Session::Open(arguments));
  v1::BacktestRequest request;
  RETURN_IF_ERROR(ReadQuestion(session.shop(), arguments, request));
  ASSIGN_OR_RETURN(const int64_t horizon, arguments.Int("horizon", 0));
  ASSIGN_OR_RETURN(const int64_t origins, arguments.Int("origins", 0));
  request.set_horizon(static_cast<int>(horizon));
  request.set_origins(static_cast<int>(origins));
  for (const std::string& method : arguments.List("method")) request.add_methods(method);
  grpc::ClientContext context;
  runtime::PrepareCall(context, session.key(), kLongTimeout);
  const auto stub = Service::NewStub(session.channel("forecasting"));
  const auto reader = stub->Backtest(&context, request);
  v1::BacktestResponse response, last;
  while (reader->Read(&response)) {
    std::fprintf(stderr, "\r  %d of %d origins", response.origins_done(), response.origins_total());
    last = response;
  }
  std::fprintf(stderr, "\r");
  RETURN_IF_ERROR(runtime::FromGrpc(reader->Finish()));
  std::printf("%s", Show(last).c_str());
  return absl::OkStatus();
}

absl::Status RunForecasts(Words words) {
  ASSIGN_OR_RETURN(const Arguments arguments,
                   ParseWith(words,
                             {"until", "learn-seconds", "product", "category", "brand", "store", "country", "grain",
                              "horizon", "dimensions", "depth", "method"},
                             {"wait", "revenue", "crossed", "temporal", "compare"}));
  ASSIGN_OR_RETURN(const Session session, Session::Open(arguments));
  if (!arguments.words().empty() && arguments.words()[0] == "hierarchy") return ShowHierarchy(session, arguments);
  const bool make = !arguments.words().empty() && arguments.words()[0] == "make";
  if (!make) {
    v1::ListForecastRunsRequest request;
    request.set_parent(session.shop());
    ASSIGN_OR_RETURN(const v1::ListForecastRunsResponse response,
                     Call<Service>(session, kTimeout, &Service::Stub::ListForecastRuns, request));
    for (const v1::ForecastRun& run : response.runs()) std::printf("%s", Show(run).c_str());
    return absl::OkStatus();
  }
  v1::StartForecastRunRequest request;
  request.set_parent(session.shop());
  if (arguments.Has("until")) RETURN_IF_ERROR(ReadDay(arguments.Get("until"), *request.mutable_data_until()));
  ASSIGN_OR_RETURN(const int64_t seconds, arguments.Int("learn-seconds", 0));
  request.set_learn_seconds(static_cast<int>(seconds));
  ASSIGN_OR_RETURN(v1::ForecastRun run, Call<Service>(session, kTimeout, &Service::Stub::StartForecastRun, request));
  if (arguments.Has("wait")) {
    ASSIGN_OR_RETURN(run, WaitForRun(session, std::move(run)));
  }
  std::printf("%s", Show(run).c_str());
  return absl::OkStatus();
}

absl::Status RunAccuracy(Words words) {
  ASSIGN_OR_RETURN(const Arguments arguments, ParseWith(words, {"grain"}, {}));
  ASSIGN_OR_RETURN(const Session session, Session::Open(arguments));
  v1::GetAccuracyRequest request;
  request.set_parent(session.shop());
  if (arguments.Has("grain")) {
    ASSIGN_OR_RETURN(const auto grain, EnumValue<v1::Grain>(v1::Grain_descriptor(), "GRAIN_", arguments.Get("grain")));
    request.set_grain(grain);
  }
  ASSIGN_OR_RETURN(const v1::GetAccuracyResponse response,
                   Call<Service>(session, kLongTimeout, &Service::Stub::GetAccuracy, request));
  std::printf("%s", Show(response).c_str());
  return absl::OkStatus();
}

absl::Status RunChange(Words words) {
  ASSIGN_OR_RETURN(const Arguments arguments, ParseSeries(words));
  ASSIGN_OR_RETURN(const Session session, Session::Open(arguments));
  v1::ExplainForecastChangeRequest request;
  request.set_parent(session.shop());
  ReadSeries(arguments, *request.mutable_series());
  ASSIGN_OR_RETURN(const v1::ExplainForecastChangeResponse response,
                   Call<Service>(session, kTimeout, &Service::Stub::ExplainForecastChange, request));
  std::printf("%s", Show(response).c_str());
  return absl::OkStatus();
}

absl::Status RunTrends(Words words) {
  ASSIGN_OR_RETURN(const Arguments arguments, ParseWith(words, {"level", "direction", "weeks", "limit"}, {}));
  ASSIGN_OR_RETURN(const Session session, Session::Open(arguments));
  v1::ListTrendsRequest request;
  request.set_parent(session.shop());
  if (arguments.Has("level")) {
    ASSIGN_OR_RETURN(const auto level,
                     EnumValue<v1::ListTrendsRequest::Level>(v1::ListTrendsRequest::Level_descriptor(), "LEVEL_",
                                                             arguments.Get("level")));
    request.set_level(level);
  }
  if (arguments.Has("direction")) {
    ASSIGN_OR_RETURN(const auto direction,
                     EnumValue<v1::ListTrendsRequest::Direction>(v1::ListTrendsRequest::Direction_descriptor(),
                                                                 "DIRECTION_", arguments.Get("direction")));
    request.set_direction(direction);
  }
  ASSIGN_OR_RETURN(const int64_t weeks, arguments.Int("weeks", 0));
  ASSIGN_OR_RETURN(const int64_t limit, arguments.Int("limit", 20));
  request.set_weeks(static_cast<int>(weeks));
  request.set_page_size(static_cast<int>(limit));
  ASSIGN_OR_RETURN(const v1::ListTrendsResponse response,
                   Call<Service>(session, kLongTimeout, &Service::Stub::ListTrends, request));
  std::printf("%s", Show(response).c_str());
  return absl::OkStatus();
}

absl::Status RunPlan(Words words) {
  ASSIGN_OR_RETURN(const Arguments arguments,
                   ParseWith(words, {"product", "lead", "review", "service", "pack", "limit"}, {"orders"}));
  ASSIGN_OR_RETURN(const Session session, Session::Open(arguments));
  v1::PlanInventoryRequest request;
  request.set_parent(session.shop());
  for (const std::string& product : arguments.List("product")) request.add_product_ids(product);
  for (const auto& [option, set] : {std::pair("lead", &v1::InventoryPolicy::set_lead_time_days),
                                    std::pair("review", &v1::InventoryPolicy::set_review_days),
                                    std::pair("service", &v1::InventoryPolicy::set_service_level),
                                    std::pair("pack", &v1::InventoryPolicy::set_pack_size)}) {
    if (!arguments.Has(option)) continue;
    double value = 0;
    if (!absl::SimpleAtod(arguments.Get(option), &value)) {
      return absl::InvalidArgumentError(absl::StrCat("--", option, " takes a number"));
    }
    (request.mutable_policy()->*set)(value);
  }
  request.set_only_orders(arguments.Has("orders"));
  ASSIGN_OR_RETURN(const int64_t limit, arguments.Int("limit", 20));
  request.set_page_size(static_cast<int>(limit));
  ASSIGN_OR_RETURN(const v1::PlanInventoryResponse response,
                   Call<Inventory>(session, kLongTimeout, &Inventory::Stub::PlanInventory, request));
  std::printf("%s", Show(response).c_str());
  return absl::OkStatus();
}

absl::Status RunSimulate(Words words) {
  ASSIGN_OR_RETURN(const Arguments arguments, ParseWith(words, {"product", "runs", "seed"}, {"backorders"}));
  ASSIGN_OR_RETURN(const Session session, Session::Open(arguments));
  v1::SimulateInventoryRequest request;
  request.set_parent(session.shop());
  for (const std::string& product : arguments.List("product")) request.add_product_ids(product);
  ASSIGN_OR_RETURN(const int64_t runs, arguments.Int("runs", 0));
  ASSIGN_OR_RETURN(const int64_t seed, arguments.Int("seed", 0));
  request.set_runs(static_cast<int>(runs));
  request.set_seed(static_cast<uint64_t>(seed));
  request.set_backorders(arguments.Has("backorders"));
  ASSIGN_OR_RETURN(const v1::SimulateInventoryResponse response,
                   Call<Inventory>(session, kLongTimeout, &Inventory::Stub::SimulateInventory, request));
  std::printf("%s", Show(response).c_str());
  return absl::OkStatus();
}

}  // namespace kontor::ctl
