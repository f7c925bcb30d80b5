#include "services/forecasting/inventory_planner.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>

#include "absl/strings/str_format.h"
#include "libs/base/hash.h"
#include "libs/base/money.h"
#include "libs/base/status.h"
#include "libs/domain/forecasting/inventory_policies.h"
#include "libs/domain/forecasting/inventory_stock.h"
#include "services/forecasting/calendar.h"

namespace kontor::forecasting {
namespace {

constexpr double kCorrelation = 0.3;  // of forecast errors of neighbouring days
constexpr int kPaths = 500;
constexpr double kDeadDemand = 0.5;  // units over the whole forecast
constexpr double kDaysAYear = 365;

double DaysOfCover(const StockPosition& position, const StoredForecast& daily) {
  double left = position.on_hand + position.incoming, days = 0;
  for (const double mean : daily.mean) {
    if (left <= 0) break;
    days += mean > left ? left / mean : 1;
    left -= mean;
  }
  return days;
}

std::string SentenceOf(const ProductPlan& plan, const ProductQuestion& question, const v1::InventoryPolicy& policy) {
  if (!question.position.has_value()) return "no stock level is known, so that nothing can be said about orders";
  if (plan.dead) return absl::StrFormat("no demand is expected for the %g units in stock", question.position->on_hand);
  const double there = question.position->on_hand + question.position->incoming;
  if (plan.order_quantity <= 0) {
    return absl::StrFormat("%g in stock or on the way are above the reorder point of %.1f", there, plan.reorder_point);
  }
  return absl::StrFormat(
      "%g in stock or on the way are at or below the reorder point of %.1f: %.1f are expected to be wanted in the "
      "%g days of lead time and review",
      there, plan.reorder_point, plan.demand_mean, policy.lead_time_days() + policy.review_days());
}

absl::Status SetTargets(const DemandDistribution& demand, const v1::InventoryPolicy& policy, double cycle_quantity,
                        ProductPlan& plan) {
  const bool fill = policy.service_measure() == v1::InventoryPolicy::SERVICE_MEASURE_FILL_RATE;
  ASSIGN_OR_RETURN(const StockTarget target,
                   fill ? TargetForFillRate(demand, policy.service_level(), cycle_quantity)
                        : TargetForCycleService(demand, policy.service_level(), cycle_quantity));
  plan.safety_stock = target.safety_stock;
  plan.reorder_point = target.level;
  return absl::OkStatus();
}

void SetOrder(const ProductQuestion& question, const v1::InventoryPolicy& policy, ProductPlan& plan) {
  const double there = question.position->on_hand + question.position->incoming;
  if (there > plan.reorder_point || plan.dead || plan.order_up_to <= there) return;
  plan.order_quantity = RoundToPacks(plan.order_up_to - there, policy.minimum_order(), policy.pack_size());
}

}  // namespace

QuantileForecast QuantilesOf(const StoredForecast& daily) {
  QuantileForecast out;
  out.levels.assign(std::begin(kRunLevels), std::end(kRunLevels));
  for (size_t i = 0; i < daily.mean.size(); ++i) out.values.push_back(QuantilesAt(daily, i, out.levels));
  return out;
}

v1::InventoryPolicy WithDefaults(const v1::InventoryPolicy& policy) {
  v1::InventoryPolicy out = policy;
  if (out.lead_time_days() == 0) out.set_lead_time_days(7);
  if (out.review_days() == 0) out.set_review_days(7);
  if (out.service_measure() == v1::InventoryPolicy::SERVICE_MEASURE_UNSPECIFIED) {
    out.set_service_measure(v1::InventoryPolicy::SERVICE_MEASURE_CYCLE);
  }
  if (out.service_level() == 0) out.set_service_level(0.95);
  if (out.pack_size() == 0) out.set_pack_size(1);
  if (out.holding_cost_share() == 0) out.set_holding_cost_share(0.25);
  return out;
}

StoredForecast Extended(const StoredForecast& daily, size_t days) {
  StoredForecast out = daily;
  constexpr size_t kWeek = 7, kLevels = std::size(kRunLevels);
  while (out.mean.size() < days) {
    const size_t from = out.mean.size() - std::min(kWeek, out.mean.size());
    out.mean.push_back(out.mean[from]);
    out.variance.push_back(out.variance[from]);
    for (size_t q = 0; q < kLevels; ++q) out.quantiles.push_back(out.quantiles[from * kLevels + q]);
  }
  return out;
}

absl::StatusOr<ProductPlan> PlanProduct(const ProductQuestion& question, const StoredForecast& daily,
                                        const v1::InventoryPolicy& policy) {
  ProductPlan plan;
  const LeadTime lead{policy.lead_time_days(), policy.lead_time_sd_days()};
  const auto days = static_cast<size_t>(std::ceil(lead.mean + policy.review_days()));
  const StoredForecast forecast = Extended(daily, days);
  ASSIGN_OR_RETURN(const Demand demand,
                   LeadTimeDemand(forecast.mean, forecast.variance, lead, policy.review_days(), DemandShape::kGamma));
  plan.demand_mean = demand->mean();
  plan.demand_sd = std::sqrt(demand->variance());
  const double total = std::accumulate(daily.mean.begin(), daily.mean.end(), 0.0);
  const double a_day = total / static_cast<double>(daily.mean.size());
  const double review_demand = a_day * policy.review_days();
  const double order_cost = static_cast<double>(policy.order_cost().units()) +
                            static_cast<double>(policy.order_cost().nanos()) / base::Decimal::kOne;
  const double unit_cost = static_cast<double>(question.unit_cost) / base::Decimal::kOne;
  if (order_cost > 0 && unit_cost > 0 && a_day > 0) {
    ASSIGN_OR_RETURN(const OrderQuantity economic,
                     EconomicOrderQuantity(order_cost, policy.holding_cost_share() * unit_cost, a_day * kDaysAYear));
    plan.economic_quantity = economic.quantity;
  }
  RETURN_IF_ERROR(SetTargets(*demand, policy, std::max({review_demand, plan.economic_quantity, 1.0}), plan));
  // A cycle's worth above the reorder point: what is sold between reviews, or the cheapest order where that is more.
  plan.order_up_to = plan.reorder_point + std::max(0.0, plan.economic_quantity - review_demand);
  if (question.position.has_value()) {
    plan.dead = question.position->on_hand > 0 && total < kDeadDemand;
    plan.days_of_cover = DaysOfCover(*question.position, daily);
    SetOrder(question, policy, plan);
  }
  plan.sentence = SentenceOf(plan, question, policy);
  return plan;
}

absl::Status AddStockOut(const ProductQuestion& question, const StoredForecast& daily,
                         const v1::InventoryPolicy& policy, ProductPlan& plan) {
  StockoutOptions options;
  options.paths = kPaths;
  options.seed = base::StableHash(question.product);
  options.correlation = kCorrelation;
  const auto lead_days = static_cast<size_t>(std::max(1.0, std::ceil(policy.lead_time_days())));
  std::vector<Arrival> arrivals;
  if (question.position->incoming > 0) {
    arrivals.push_back({static_cast<int>(std::min(lead_days, daily.mean.size())), question.position->incoming});
  }
  ASSIGN_OR_RETURN(const StockoutForecast forecast,
                   ForecastStockout(question.position->on_hand, QuantilesOf(daily), arrivals, options));
  plan.stock_out_probability = forecast.probability[std::min(lead_days, forecast.probability.size()) - 1];
  if (forecast.likely_step.has_value()) {
    plan.stock_out = kEpoch + daily.first_step + *forecast.likely_step - 1;
  }
  return absl::OkStatus();
}

}  // namespace kontor::forecasting
