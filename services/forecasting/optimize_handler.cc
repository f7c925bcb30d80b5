#include "services/forecasting/optimize_handler.h"

#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/money.h"
#include "libs/base/status.h"
#include "libs/domain/forecasting/inventory_lot_sizing.h"
#include "libs/domain/forecasting/inventory_policies.h"
#include "services/forecasting/check_request.h"
#include "services/forecasting/convert.h"
#include "services/forecasting/inventory_planner.h"

namespace kontor::forecasting {
namespace {

constexpr int kMaxDays = 90, kMaxWeeks = 26;
constexpr double kMostWeekly = 100'000;  // units a week that whole numbers are counted of

// Amounts of one currency as numbers that weigh against each other.
class Costs {
 public:
  double Read(absl::string_view field, const google::type::Money& money, base::Violations& violations) {
    const double cost = static_cast<double>(money.units()) + static_cast<double>(money.nanos()) / base::Decimal::kOne;
    if (!(cost > 0)) violations.Add(field, "OUT_OF_RANGE", "give an amount above 0");
    if (currency_.empty()) currency_ = money.currency_code();
    if (money.currency_code() != currency_ || !base::IsCurrency(currency_)) {
      violations.Add(field, "CURRENCY_UNKNOWN", "give all amounts in one currency of ISO 4217");
    }
    return cost;
  }
  const std::string& currency() const { return currency_; }

 private:
  std::string currency_;
};

absl::StatusOr<v1::OptimizeStockResponse> Solve(const v1::OptimizeStockRequest::Newsvendor& problem,
                                                const StoredForecast& stored) {
  base::Violations violations;
  Costs costs;
  CheckRange("newsvendor.days", int64_t{problem.days()}, 1, kMaxDays, violations);
  const double over = costs.Read("newsvendor.overage_cost", problem.overage_cost(), violations);
  const double under = costs.Read("newsvendor.underage_cost", problem.underage_cost(), violations);
  RETURN_IF_ERROR(violations.ToStatus());
  const StoredForecast daily = Extended(stored, static_cast<size_t>(problem.days()));
  ASSIGN_OR_RETURN(
      const Demand demand,
      LeadTimeDemand(daily.mean, daily.variance, {static_cast<double>(problem.days()), 0}, 0, DemandShape::kGamma));
  ASSIGN_OR_RETURN(const Newsvendor solved, SolveNewsvendor(*demand, over, under));
  v1::OptimizeStockResponse response;
  response.set_level(solved.level);
  response.set_critical_ratio(solved.critical_ratio);
  *response.mutable_cost() = MoneyFrom(solved.cost, costs.currency());
  return response;
}

absl::StatusOr<v1::OptimizeStockResponse> Solve(const v1::OptimizeStockRequest::LotSizing& problem,
                                                const StoredForecast& weekly) {
  base::Violations violations;
  Costs costs;
  CheckRange("lot_sizing.weeks", int64_t{problem.weeks()}, 1, kMaxWeeks, violations);
  const double order = costs.Read("lot_sizing.order_cost", problem.order_cost(), violations);
  const double holding = costs.Read("lot_sizing.holding_cost", problem.holding_cost(), violations);
  RETURN_IF_ERROR(violations.ToStatus());
  const size_t weeks = std::min(static_cast<size_t>(problem.weeks()), weekly.mean.size());
  ASSIGN_OR_RETURN(const LotSizes lots,
                   PlanLots(absl::MakeConstSpan(weekly.mean).first(weeks), std::vector<double>(weeks, order),
                            std::vector<double>(weeks, holding)));
  v1::OptimizeStockResponse response;
  for (size_t week = 0; week < weeks; ++week) {
    v1::Lot& lot = *response.add_lots();
    *lot.mutable_start_date() = DateFrom(FirstDay(weekly.first_step + static_cast<int64_t>(week), v1::GRAIN_WEEK));
    lot.set_quantity(lots.orders[week]);
  }
  *response.mutable_cost() = MoneyFrom(lots.cost, costs.currency());
  return response;
}

// Chances of 0, 1, … units, until what is left is next to nothing.
std::vector<double> Probabilities(const DemandDistribution& demand) {
  constexpr double kRest = 1e-9;
  std::vector<double> out;
  double below = 0;
  for (double units = 0; below < 1 - kRest && units < 4 * kMostWeekly; ++units) {
    const double to = demand.Cdf(units);
    out.push_back(to - below);
    below = to;
  }
  for (double& chance : out) chance /= below;
  return out;
}

absl::StatusOr<v1::OptimizeStockResponse> Solve(const v1::OptimizeStockRequest::ReorderPolicy& problem,
                                                const StoredForecast& weekly) {
  base::Violations violations;
  Costs costs;
  CheckRange("reorder_policy.lead_time_weeks", int64_t{problem.lead_time_weeks()}, 0, kMaxWeeks, violations);
  const double order = costs.Read("reorder_policy.order_cost", problem.order_cost(), violations);
  const double holding = costs.Read("reorder_policy.holding_cost", problem.holding_cost(), violations);
  const double shortage = costs.Read("reorder_policy.shortage_cost", problem.shortage_cost(), violations);
  RETURN_IF_ERROR(violations.ToStatus());
  const double mean = weekly.mean.front(), deviation = std::sqrt(weekly.variance.front());
  if (!(mean > 0) || mean > kMostWeekly) {
    return base::Error(absl::StatusCode::kFailedPrecondition, "DEMAND_OUT_OF_RANGE",
                       "a standing policy needs more than 0 and at most 100,000 units of demand a week");
  }
  const double weeks = problem.lead_time_weeks() + 1;
  ASSIGN_OR_RETURN(const Demand week, CountDemand(mean, deviation));
  ASSIGN_OR_RETURN(const Demand lead, CountDemand(weeks * mean, std::sqrt(weeks) * deviation));
  ASSIGN_OR_RETURN(const ReorderPolicy policy,
                   OptimalReorderPolicy(Probabilities(*week), Probabilities(*lead), order, holding, shortage));
  v1::OptimizeStockResponse response;
  response.set_reorder_point(policy.reorder_point);
  response.set_order_up_to(policy.order_up_to);
  *response.mutable_cost() = MoneyFrom(policy.cost, costs.currency());
  return response;
}

}  // namespace

absl::StatusOr<v1::OptimizeStockResponse> OptimizeHandler::OptimizeStock(const runtime::CallContext& call,
                                                                         const v1::OptimizeStockRequest& request) {
  base::Violations violations;
  if (request.product_id().empty()) violations.Add("product_id", "VALUE_MISSING", "say which product");
  if (request.problem_case() == v1::OptimizeStockRequest::PROBLEM_NOT_SET) {
    violations.Add("problem", "VALUE_MISSING", "say what to optimise: newsvendor, lot_sizing or reorder_policy");
  }
  RETURN_IF_ERROR(violations.ToStatus());
  const auto run = runs_.NewestDone(call.shop);
  if (absl::IsNotFound(run.status())) {
    return base::Error(absl::StatusCode::kFailedPrecondition, kReasonNoForecasts, run.status().message());
  }
  RETURN_IF_ERROR(run.status());
  const bool daily = request.has_newsvendor();
  ASSIGN_OR_RETURN(const StoredForecast forecast,
                   runs_.Read(call.shop, run->number, daily ? v1::GRAIN_DAY : v1::GRAIN_WEEK,
                              {Level::kProduct, request.product_id()}));
  absl::StatusOr<v1::OptimizeStockResponse> response = daily ? Solve(request.newsvendor(), forecast)
                                                       : request.has_lot_sizing()
                                                           ? Solve(request.lot_sizing(), forecast)
                                                           : Solve(request.reorder_policy(), forecast);
  if (response.ok()) response->set_run(RunName(*run));
  return response;
}

}  // namespace kontor::forecasting
