#include "services/forecasting/hierarchy_answer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_replace.h"
#include "libs/base/money.h"
#include "libs/base/status.h"
#include "services/forecasting/convert.h"
#include "services/forecasting/market_answer.h"

namespace kontor::forecasting {
namespace {

using Request = v1::ForecastHierarchyRequest;

constexpr Request::Method kMethods[] = {Request::METHOD_BOTTOM_UP, Request::METHOD_TOP_DOWN, Request::METHOD_OLS,
                                        Request::METHOD_WLS, Request::METHOD_MINT_SHRINK};

Reconciliation ReconciliationOf(Request::Method method, bool crossed) {
  switch (method) {
    case Request::METHOD_BOTTOM_UP:
      return Reconciliation::kBottomUp;
    case Request::METHOD_TOP_DOWN:
      return crossed ? Reconciliation::kTopDownHistory : Reconciliation::kTopDownForecasts;
    case Request::METHOD_OLS:
      return Reconciliation::kOls;
    case Request::METHOD_WLS:
      return Reconciliation::kWlsVariance;
    default:
      return Reconciliation::kMinTraceShrinkage;
  }
}

// Sums of days over the whole steps of another grain.
void AddSums(const std::vector<double>& days, int64_t first_day, v1::Grain grain, const Unit& unit,
             google::protobuf::RepeatedPtrField<v1::ForecastPoint>& points) {
  const absl::CivilDay first = FirstDay(first_day, v1::GRAIN_DAY);
  const absl::CivilDay end = first + static_cast<int64_t>(days.size());
  int64_t step = StepOf(first, grain);
  if (FirstDay(step, grain) < first) ++step;
  for (; LastDay(step, grain) < end; ++step) {
    double sum = 0;
    for (absl::CivilDay day = FirstDay(step, grain); day <= LastDay(step, grain); ++day) {
      sum += days[static_cast<size_t>(day - first)];
    }
    v1::ForecastPoint& point = *points.Add();
    *point.mutable_start_date() = DateFrom(FirstDay(step, grain));
    *point.mutable_mean() = unit(sum);
  }
}

// Sums of errors and of values.
struct Errors {
  double error = 0, size = 0;

  void Add(Values actual, Values forecast) {
    for (size_t i = 0; i < actual.size(); ++i) {
      error += std::abs(actual[i] - forecast[i]);
      size += std::abs(actual[i]);
    }
  }
  std::optional<double> wape() const { return size > 0 ? std::optional<double>(error / size) : std::nullopt; }
};

void AddError(Request::Method method, const Hierarchy& hierarchy, const NodeRows& actual, const NodeRows& forecasts,
              v1::ForecastHierarchyResponse& response) {
  Errors all, top, bottom;
  for (size_t node = 0; node < actual.size(); ++node) {
    all.Add(actual[node], forecasts[node]);
    if (node == 0) top.Add(actual[node], forecasts[node]);
    if (hierarchy.node(static_cast<int>(node)).bottom) bottom.Add(actual[node], forecasts[node]);
  }
  v1::HierarchyMethodError& out = *response.add_errors();
  out.set_method(method);
  if (const auto wape = all.wape()) out.set_wape(*wape);
  if (const auto wape = top.wape()) out.set_top_wape(*wape);
  if (const auto wape = bottom.wape()) out.set_bottom_wape(*wape);
}

// The last steps of every node as they were sold; nodes begin with 0.
NodeRows LastSold(const std::vector<Past>& pasts, size_t steps) {
  NodeRows rows;
  for (const Past& past : pasts) {
    std::vector<double>& row = rows.emplace_back(steps, 0);
    const size_t known = std::min(steps, past.sold.size());
    for (size_t i = 0; i < known; ++i) {
      row[steps - 1 - i] = static_cast<double>(past.sold[past.sold.size() - 1 - i]) / base::Decimal::kOne;
    }
  }
  return rows;
}

}  // namespace

absl::StatusOr<ReconciledBy> ReconcileBy(Request::Method method, bool crossed, const SeriesTree& tree,
                                         const std::vector<Past>& pasts, const NodeForecasts& forecasts) {
  const bool chosen = method != Request::METHOD_UNSPECIFIED;
  ReconciledBy out{chosen ? method : Request::METHOD_MINT_SHRINK, {}};
  auto reconciled = ReconcileNodes(tree.hierarchy, pasts, forecasts, ReconciliationOf(method, crossed));
  if (!chosen && absl::IsFailedPrecondition(reconciled.status())) {
    out.method = Request::METHOD_WLS;
    reconciled = ReconcileNodes(tree.hierarchy, pasts, forecasts, Reconciliation::kWlsVariance);
  }
  RETURN_IF_ERROR(reconciled.status());
  out.reconciled = *std::move(reconciled);
  return out;
}

v1::ForecastHierarchyResponse AnswerOf(const HierarchyAnswer& answer, const ReconciledBy& by) {
  v1::ForecastHierarchyResponse response;
  const v1::Grain grain = answer.question.grain;
  const Unit unit{answer.question.measure, answer.question.currency};
  const int64_t first = answer.pasts.front().next_step();
  for (size_t node = 0; node < answer.pasts.size(); ++node) {
    v1::HierarchyForecast& out = *response.add_nodes();
    for (const auto& [dimension, value] : answer.tree.keys[node]) {
      v1::HierarchyKey& key = *out.add_keys();
      key.set_dimension(static_cast<Request::Dimension>(answer.request.dimensions(static_cast<int>(dimension))));
      key.set_value(absl::StrReplaceAll(value, {{std::string(1, kPathSeparator), "/"}}));
    }
    out.set_bottom(answer.tree.hierarchy.node(static_cast<int>(node)).bottom);
    const std::vector<double>& mean = by.reconciled.forecasts[node];
    const NodeRows quantiles = ReconciledQuantiles(answer.forecasts.quantiles[node], answer.forecasts.mean[node], mean,
                                                   by.reconciled.variance_ratio[node], true);
    AddPoints(first, grain, unit, mean, quantiles, answer.asked.levels, *out.mutable_points());
    for (const FactorEffect& effect : answer.forecasts.effects[node]) *out.add_factors() = FactorFrom(effect);
    if (!answer.asked.temporal) continue;
    AddSums(mean, first, v1::GRAIN_WEEK, unit, *out.mutable_weeks());
    AddSums(mean, first, v1::GRAIN_MONTH, unit, *out.mutable_months());
  }
  response.set_method(by.method);
  if (by.method == Request::METHOD_MINT_SHRINK) response.set_shrinkage(by.reconciled.shrinkage);
  *response.mutable_data_until() = DateFrom(LastDay(first - 1, grain));
  return response;
}

absl::Status AddErrors(const HierarchyAnswer& answer, const std::function<bool()>& ended,
                       v1::ForecastHierarchyResponse& response) {
  const auto held = static_cast<size_t>(answer.asked.horizon);
  const NodeRows actual = LastSold(answer.pasts, held);
  if (answer.pasts.front().sold.size() <= held) {
    v1::HierarchyMethodError& out = *response.add_errors();
    out.set_refused_text("the past is not longer than the horizon");
    return absl::OkStatus();
  }
  std::vector<Past> known = answer.pasts;
  for (Past& past : known) {
    past.sold.resize(past.sold.size() - std::min(past.sold.size(), held));
    past.cleaned.resize(past.sold.size());
  }
  ASSIGN_OR_RETURN(const NodeForecasts forecasts, ForecastNodes(known, answer.factors, answer.asked, ended));
  AddError(Request::METHOD_UNSPECIFIED, answer.tree.hierarchy, actual, forecasts.mean, response);
  for (const Request::Method method : kMethods) {
    if (ended()) return absl::DeadlineExceededError("the methods could not be compared in time");
    const auto by = ReconcileBy(method, answer.request.crossed(), answer.tree, known, forecasts);
    if (by.ok()) {
      AddError(method, answer.tree.hierarchy, actual, by->reconciled.forecasts, response);
      continue;
    }
    v1::HierarchyMethodError& out = *response.add_errors();
    out.set_method(method);
    out.set_refused_text(std::string(by.status().message()));
  }
  return absl::OkStatus();
}

}  // namespace kontor::forecasting
