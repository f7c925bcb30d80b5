#include "services/forecasting/inventory_handler.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/base/hash.h"
#include "libs/base/money.h"
#include "libs/base/status.h"
#include "libs/domain/forecasting/inventory_simulation.h"
#include "libs/domain/forecasting/inventory_stock.h"
#include "libs/platform/runtime/update_mask.h"
#include "services/forecasting/check_request.h"
#include "services/forecasting/convert.h"
#include "services/forecasting/series_forecast.h"

namespace kontor::forecasting {
namespace {

constexpr int kMaxProducts = 1'000, kMaxPage = 1'000, kDefaultPage = 50, kMaxStores = 1'000, kDefaultDays = 14,
              kMaxDays = 90, kMaxLevels = 20, kDefaultRuns = 200, kMaxRuns = 10'000, kMostSimulated = 100;
constexpr int64_t kMaxAvailable = 10'000'000;

// A product of the plan, before its page is known.
struct Planned {
  ProductQuestion question;
  const StoredForecast* daily = nullptr;
  ProductPlan plan;
};

absl::Status CheckPlan(const v1::PlanInventoryRequest& request, int64_t& offset) {
  base::Violations violations;
  if (request.product_ids_size() > kMaxProducts) violations.Add("product_ids", "TOO_MANY", "at most 1,000");
  if (request.positions_size() > kMaxProducts) violations.Add("positions", "TOO_MANY", "at most 1,000");
  CheckPolicy("policy.", request.policy(), violations);
  CheckRange("page_size", int64_t{request.page_size()}, 0, kMaxPage, violations);
  for (const v1::StockPosition& position : request.positions()) {
    if (position.on_hand() >= 0 && position.incoming() >= 0 && std::isfinite(position.on_hand()) &&
        std::isfinite(position.incoming())) {
      continue;
    }
    violations.Add("positions", "OUT_OF_RANGE", "stock and what is on its way are not negative");
    break;
  }
  if (!request.page_token().empty() && (!absl::SimpleAtoi(request.page_token(), &offset) || offset < 0)) {
    violations.Add("page_token", "PAGE_TOKEN_INVALID", "pass next_page_token of the answer before");
  }
  return violations.ToStatus();
}

// How many days before an order that is placed now arrives nothing is left; products without a position last.
double Urgency(const Planned& planned) {
  if (!planned.question.position.has_value() || planned.plan.dead) return HUGE_VAL;
  return planned.plan.days_of_cover;
}

void Sort(v1::PlanInventoryRequest::Order order, std::vector<Planned>& planned) {
  const auto by_product = [](const Planned& a, const Planned& b) { return a.question.product < b.question.product; };
  std::sort(planned.begin(), planned.end(), by_product);
  if (order == v1::PlanInventoryRequest::ORDER_PRODUCT) return;
  std::stable_sort(planned.begin(), planned.end(),
                   [](const Planned& a, const Planned& b) { return Urgency(a) < Urgency(b); });
}

v1::ProductPlan PlanFrom(const Planned& planned, const std::string& title, const std::string& currency) {
  const ProductPlan& plan = planned.plan;
  v1::ProductPlan out;
  out.set_product_id(planned.question.product);
  out.set_title(title);
  if (planned.question.position.has_value()) {
    out.mutable_position()->set_product_id(planned.question.product);
    out.mutable_position()->set_on_hand(planned.question.position->on_hand);
    out.mutable_position()->set_incoming(planned.question.position->incoming);
  }
  out.set_demand_mean(plan.demand_mean);
  out.set_demand_sd(plan.demand_sd);
  out.set_safety_stock(plan.safety_stock);
  out.set_reorder_point(plan.reorder_point);
  out.set_order_up_to(plan.order_up_to);
  out.set_economic_order_quantity(plan.economic_quantity);
  out.set_order_quantity(plan.order_quantity);
  if (plan.order_quantity > 0 && planned.question.unit_cost > 0) {
    *out.mutable_order_value() = MoneyFrom(
        plan.order_quantity * static_cast<double>(planned.question.unit_cost) / base::Decimal::kOne, currency);
  }
  if (plan.stock_out.has_value()) *out.mutable_stock_out_date() = DateFrom(*plan.stock_out);
  out.set_stock_out_probability(plan.stock_out_probability);
  out.set_days_of_cover(plan.days_of_cover);
  out.set_dead_stock(plan.dead);
  out.set_sentence(plan.sentence);
  return out;
}

// Demand of a store over the days, from the product's forecast by the store's share of the last sales.
absl::StatusOr<std::vector<StoreNeed>> NeedsOf(const std::map<std::string, DailySales>& sales,
                                               const v1::AllocateStockRequest& request, const StoredForecast& daily) {
  absl::int128 all = 0;
  std::vector<absl::int128> of_store;
  base::Violations violations;
  for (const auto& [store, days] : sales) {
    for (const auto& [day, sold] : days) all += sold.units;
  }
  for (int i = 0; i < request.store_ids_size(); ++i) {
    absl::int128& units = of_store.emplace_back(0);
    const auto found = sales.find(request.store_ids(i));
    if (found == sales.end()) {
      violations.Add(absl::StrCat("store_ids[", i, "]"), "STORE_UNKNOWN", "the product was never sold there");
      continue;
    }
    for (const auto& [day, sold] : found->second) units += sold.units;
  }
  RETURN_IF_ERROR(violations.ToStatus());
  const auto days = static_cast<double>(request.days() == 0 ? kDefaultDays : request.days());
  ASSIGN_OR_RETURN(const Demand whole, LeadTimeDemand(daily.mean, daily.variance, {days, 0}, 0, DemandShape::kCount));
  std::vector<StoreNeed> needs;
  for (const absl::int128 units : of_store) {
    const double share = static_cast<double>(units) / static_cast<double>(all);
    StoreNeed& need = needs.emplace_back();
    // A share of buyers who come one by one: the variance beyond Poisson's shrinks with its square.
    const double extra = std::max(0.0, whole->variance() - whole->mean());
    ASSIGN_OR_RETURN(need.demand,
                     CountDemand(share * whole->mean(), std::sqrt(share * whole->mean() + share * share * extra)));
  }
  return needs;
}

double Total(const StoredForecast& forecast) {
  return std::accumulate(forecast.mean.begin(), forecast.mean.end(), 0.0);
}

// Of what is sold by the piece, where anything is: liters and pieces do not add up.
void KeepLargest(std::vector<std::pair<Node, StoredForecast>>& forecasts) {
  const auto others = std::stable_partition(forecasts.begin(), forecasts.end(),
                                            [](const auto& forecast) { return forecast.second.pieces; });
  if (others != forecasts.begin()) forecasts.erase(others, forecasts.end());
  std::stable_sort(forecasts.begin(), forecasts.end(),
                   [](const auto& a, const auto& b) { return Total(a.second) > Total(b.second); });
  if (forecasts.size() > kMostSimulated) forecasts.resize(kMostSimulated);
}

std::vector<double> ServicesOf(const v1::SimulateInventoryRequest& request) {
  std::set<double> levels(request.service_levels().begin(), request.service_levels().end());
  if (levels.empty()) levels = {0.8, 0.9, 0.95, 0.98, 0.99};
  return {levels.begin(), levels.end()};
}

InventorySystem SystemOf(const v1::InventoryPolicy& policy, const StoredForecast& daily, bool backorders) {
  InventorySystem system;
  system.demand = QuantilesOf(daily);
  system.lead_time = {policy.lead_time_days(), policy.lead_time_sd_days()};
  system.review = std::max(1, static_cast<int>(std::lround(policy.review_days())));
  system.minimum_order = policy.minimum_order();
  system.pack = policy.pack_size();
  system.backorders = backorders;
  return system;
}

// Over products, services weighed by demand.
class ServiceSums {
 public:
  explicit ServiceSums(const std::vector<double>& services) : capital_(services.size()) {
    for (const double service : services) response_.add_levels()->set_service_level(service);
  }

  void Add(const std::vector<ServicePoint>& curve, double demand) {
    demand_ += demand;
    for (size_t i = 0; i < curve.size(); ++i) {
      const SimulationResult& result = curve[i].result;
      v1::ServiceCost& sum = *response_.mutable_levels(static_cast<int>(i));
      sum.set_cycle_service(sum.cycle_service() + demand * result.cycle_service);
      sum.set_fill_rate(sum.fill_rate() + demand * result.fill_rate);
      sum.set_mean_stock_units(sum.mean_stock_units() + result.mean_stock);
      sum.set_lost_units(sum.lost_units() + result.units_short);
      sum.set_orders(sum.orders() + result.orders);
      capital_[i] += result.working_capital;
    }
  }
  v1::SimulateInventoryResponse Finish(const std::string& currency) {
    for (size_t i = 0; i < capital_.size(); ++i) {
      v1::ServiceCost& level = *response_.mutable_levels(static_cast<int>(i));
      if (demand_ > 0) {
        level.set_cycle_service(level.cycle_service() / demand_);
        level.set_fill_rate(level.fill_rate() / demand_);
      }
      if (!currency.empty()) *level.mutable_working_capital() = MoneyFrom(capital_[i], currency);
    }
    return response_;
  }

 private:
  v1::SimulateInventoryResponse response_;
  std::vector<double> capital_;
  double demand_ = 0;
};

}  // namespace

absl::StatusOr<Run> InventoryHandler::NewestRun(const std::string& shop) {
  auto run = parts_.runs.NewestDone(shop);
  if (!absl::IsNotFound(run.status())) return run;
  return base::Error(absl::StatusCode::kFailedPrecondition, kReasonNoForecasts, run.status().message());
}

absl::StatusOr<InventoryHandler::Forecasts> InventoryHandler::ForecastsOf(
    const Run& run, const google::protobuf::RepeatedPtrField<std::string>& ids) {
  Forecasts forecasts;
  for (const std::string& id : std::set<std::string>(ids.begin(), ids.end())) {
    const Node node{Level::kProduct, id};
    ASSIGN_OR_RETURN(StoredForecast forecast, parts_.runs.Read(run.shop, run.number, v1::GRAIN_DAY, node));
    forecasts.emplace_back(node, std::move(forecast));
  }
  if (!ids.empty()) return forecasts;
  RETURN_IF_ERROR(
      ForEachForecast(parts_.runs, run, v1::GRAIN_DAY, Level::kProduct, [&](const Node& node, StoredForecast forecast) {
        forecasts.emplace_back(node, std::move(forecast));
        return absl::OkStatus();
      }));
  return forecasts;
}

absl::StatusOr<v1::InventoryPolicy> InventoryHandler::PolicyOr(const std::string& shop, bool given,
                                                               const v1::InventoryPolicy& policy) {
  if (given) return WithDefaults(policy);
  ASSIGN_OR_RETURN(const v1::InventorySettings settings, parts_.settings.Load(shop));
  return WithDefaults(settings.policy());
}

absl::StatusOr<v1::PlanInventoryResponse> InventoryHandler::Plan(const runtime::CallContext& call,
                                                                 const v1::PlanInventoryRequest& request) {
  int64_t offset = 0;
  RETURN_IF_ERROR(CheckPlan(request, offset));
  ASSIGN_OR_RETURN(const v1::InventoryPolicy policy, PolicyOr(call.shop, request.has_policy(), request.policy()));
  ASSIGN_OR_RETURN(const Run run, NewestRun(call.shop));
  ASSIGN_OR_RETURN(const Forecasts forecasts, ForecastsOf(run, request.product_ids()));
  ASSIGN_OR_RETURN(const auto stock, parts_.demand.Stock(call.shop));
  ASSIGN_OR_RETURN(const std::string currency, parts_.demand.MainCurrency(call.shop));
  ASSIGN_OR_RETURN(const auto costs, parts_.demand.Costs(call.shop, currency));
  ASSIGN_OR_RETURN(const auto products, parts_.demand.Products(call.shop));
  absl::flat_hash_map<std::string, StockPosition> positions;
  for (const auto& [product, on_hand] : stock) positions[product] = {on_hand, 0};
  for (const v1::StockPosition& given : request.positions()) {
    positions[given.product_id()] = {given.on_hand(), given.incoming()};
  }
  std::vector<Planned> planned;
  v1::PlanInventoryResponse response;
  for (const auto& [node, daily] : forecasts) {
    Planned one{{node.id, std::nullopt, 0}, &daily, {}};
    if (const auto found = positions.find(node.id); found != positions.end()) one.question.position = found->second;
    if (const auto found = costs.find(node.id); found != costs.end()) one.question.unit_cost = found->second;
    ASSIGN_OR_RETURN(one.plan, PlanProduct(one.question, daily, policy));
    const bool orders = one.plan.order_quantity > 0;
    response.set_to_order(response.to_order() + (orders ? 1 : 0));
    if (orders || !request.only_orders()) planned.push_back(std::move(one));
  }
  Sort(request.order(), planned);
  response.set_total_size(static_cast<int64_t>(planned.size()));
  response.set_run(RunName(run));
  *response.mutable_policy() = policy;
  const int64_t size = request.page_size() == 0 ? kDefaultPage : request.page_size();
  const int64_t end = std::min(offset + size, response.total_size());
  for (int64_t i = offset; i < end; ++i) {
    Planned& one = planned[static_cast<size_t>(i)];
    if (one.question.position.has_value()) {
      RETURN_IF_ERROR(AddStockOut(one.question, *one.daily, policy, one.plan));
    }
    const auto info = products.find(one.question.product);
    *response.add_plans() = PlanFrom(one, info == products.end() ? "" : info->second.title, currency);
  }
  if (end < response.total_size()) response.set_next_page_token(absl::StrCat(end));
  return response;
}

absl::StatusOr<v1::SimulateInventoryResponse> InventoryHandler::Simulate(const runtime::CallContext& call,
                                                                         const v1::SimulateInventoryRequest& request) {
  base::Violations violations;
  if (request.product_ids_size() > kMaxProducts) violations.Add("product_ids", "TOO_MANY", "at most 1,000");
  CheckPolicy("policy.", request.policy(), violations);
  CheckRange("runs", int64_t{request.runs()}, 0, kMaxRuns, violations);
  if (request.service_levels_size() > kMaxLevels) violations.Add("service_levels", "TOO_MANY", "at most 20");
  for (const double level : request.service_levels()) CheckRange("service_levels", level, 0.5, 0.9999, violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const v1::InventoryPolicy policy, PolicyOr(call.shop, request.has_policy(), request.policy()));
  ASSIGN_OR_RETURN(const Run run, NewestRun(call.shop));
  ASSIGN_OR_RETURN(Forecasts forecasts, ForecastsOf(run, request.product_ids()));
  ASSIGN_OR_RETURN(const std::string currency, parts_.demand.MainCurrency(call.shop));
  ASSIGN_OR_RETURN(const auto costs, parts_.demand.Costs(call.shop, currency));
  ASSIGN_OR_RETURN(const auto stock, parts_.demand.Stock(call.shop));
  if (request.product_ids().empty()) KeepLargest(forecasts);
  const std::vector<double> services = ServicesOf(request);
  ServiceSums sums(services);
  for (const auto& [node, daily] : forecasts) {
    if (call.cancelled()) return absl::CancelledError("the caller has gone");
    InventorySystem system = SystemOf(policy, daily, request.backorders());
    if (const auto there = stock.find(node.id); there != stock.end()) system.on_hand = there->second;
    const auto cost = costs.find(node.id);
    system.unit_cost = cost == costs.end() ? 0 : static_cast<double>(cost->second) / base::Decimal::kOne;
    SimulationOptions options;
    options.paths = request.runs() == 0 ? kDefaultRuns : request.runs();
    options.seed = base::StableHash(absl::StrCat(request.seed(), "/", node.id));
    ASSIGN_OR_RETURN(const std::vector<ServicePoint> curve, ServiceCurve(system, services, options));
    sums.Add(curve, Total(daily));
  }
  v1::SimulateInventoryResponse response = sums.Finish(currency);
  response.set_run(RunName(run));
  return response;
}

absl::StatusOr<v1::AllocateStockResponse> InventoryHandler::Allocate(const runtime::CallContext& call,
                                                                     const v1::AllocateStockRequest& request) {
  base::Violations violations;
  if (request.product_id().empty()) violations.Add("product_id", "VALUE_MISSING", "say which product");
  CheckRange("available", request.available(), 0, kMaxAvailable, violations);
  CheckRange("store_ids", int64_t{request.store_ids_size()}, 1, kMaxStores, violations);
  CheckRange("days", int64_t{request.days()}, 0, kMaxDays, violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const fleet::Shop* shop, parts_.pasts.FindShop(call.shop));
  ASSIGN_OR_RETURN(const Run run, NewestRun(call.shop));
  const Node node{Level::kProduct, request.product_id()};
  ASSIGN_OR_RETURN(const StoredForecast daily, parts_.runs.Read(call.shop, run.number, v1::GRAIN_DAY, node));
  ASSIGN_OR_RETURN(const auto sales, parts_.demand.SalesByStore(*shop, request.product_id(), run.data_until));
  ASSIGN_OR_RETURN(const std::vector<StoreNeed> needs,
                   NeedsOf(sales, request, Extended(daily, static_cast<size_t>(kMaxDays))));
  ASSIGN_OR_RETURN(const std::vector<int64_t> units, AllocateScarceStock(request.available(), needs));
  v1::AllocateStockResponse response;
  for (size_t i = 0; i < needs.size(); ++i) {
    v1::StoreAllocation& store = *response.add_allocations();
    store.set_store_id(request.store_ids(static_cast<int>(i)));
    store.set_units(units[i]);
    store.set_demand_mean(needs[i].demand->mean());
    store.set_demand_sd(std::sqrt(needs[i].demand->variance()));
    store.set_service_level(needs[i].demand->Cdf(static_cast<double>(units[i])));
    response.set_expected_lost_units(response.expected_lost_units() +
                                     needs[i].demand->ExpectedShortage(static_cast<double>(units[i])));
  }
  return response;
}

absl::StatusOr<v1::InventorySettings> InventoryHandler::GetSettings(const runtime::CallContext& call,
                                                                    const v1::GetInventorySettingsRequest&) {
  return parts_.settings.Load(call.shop);
}

absl::StatusOr<v1::InventorySettings> InventoryHandler::UpdateSettings(
    const runtime::CallContext& call, const v1::UpdateInventorySettingsRequest& request) {
  base::Violations violations;
  if (request.settings().name() != SettingsName(call.shop)) {
    violations.Add("settings.name", "NAME_INVALID", "give shops/{shop}/inventorySettings");
  }
  CheckPolicy("settings.policy.", request.settings().policy(), violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(v1::InventorySettings settings, parts_.settings.Load(call.shop));
  RETURN_IF_ERROR(
      runtime::TakeOver(request.settings(), request.update_mask(), {"name", "etag", "update_time"}, settings));
  settings.set_etag(request.settings().etag());
  return parts_.settings.Replace(call.shop, settings, parts_.clock.Now());
}

}  // namespace kontor::forecasting
