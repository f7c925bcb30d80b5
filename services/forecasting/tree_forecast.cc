#include "services/forecasting/tree_forecast.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <thread>
#include <utility>

#include "libs/base/status.h"
#include "libs/domain/forecasting/automatic.h"
#include "libs/domain/forecasting/temporal_aggregation.h"
#include "libs/platform/runtime/background.h"

namespace kontor::forecasting {
namespace {

constexpr int kWeek = 7, kFourWeeks = 28;

struct NodeForecast {
  std::vector<double> mean, residuals;
  NodeRows quantiles;
  std::vector<FactorEffect> effects;
};

// Means that agree with forecasts of the sums of days; `horizon` whole four weeks.
absl::StatusOr<std::vector<double>> AgreeInTime(Values past, const AutomaticForecast& days, int horizon) {
  std::vector<TemporalForecast> levels = {{1, days.prediction.mean, days.prediction.variance.front()}};
  for (const int factor : {kWeek, kFourWeeks}) {
    const std::vector<double> sums = AggregateInTime(past, factor);
    if (sums.size() < kLeastSums) continue;
    AutomaticOptions options;
    options.horizon = horizon / factor;
    options.levels = {0.5};
    options.thorough = false;
    ASSIGN_OR_RETURN(const AutomaticForecast forecast, ForecastAutomatically({sums, {}}, options));
    levels.push_back({factor, forecast.prediction.mean, forecast.prediction.variance.front()});
  }
  return ReconcileInTime(kFourWeeks, levels, true);
}

// The steps that a node is forecast for: whole four weeks where days agree with their sums.
int HorizonOf(const TreeQuestion& question) {
  return question.temporal ? (question.horizon + kFourWeeks - 1) / kFourWeeks * kFourWeeks : question.horizon;
}

// `factors` of the past and HorizonOf more steps.
absl::StatusOr<NodeForecast> ForecastNode(const Past& past, const std::vector<Factor>& factors,
                                          const TreeQuestion& question) {
  const auto steps = static_cast<size_t>(question.horizon);
  NodeForecast out;
  const size_t size = past.cleaned.size();
  if (size == 0) {
    out.mean.assign(steps, 0);
    out.quantiles.assign(steps, std::vector<double>(question.levels.size(), 0));
    return out;
  }
  AutomaticOptions options;
  options.horizon = HorizonOf(question);
  options.levels = question.levels;
  options.thorough = false;
  const Series sold = past.series();
  ASSIGN_OR_RETURN(FactorChoice choice,
                   ChooseFactors(sold, factors, {.horizon = options.horizon, .periods = PeriodsOf(past.grain)}));
  const Series series{choice.base, sold.seasons};
  ASSIGN_OR_RETURN(AutomaticForecast made, ForecastAutomatically(series, options));
  out.mean = made.prediction.mean;
  if (question.temporal) {
    ASSIGN_OR_RETURN(out.mean, AgreeInTime(series.values, made, options.horizon));
    made.quantiles.values = ReconciledQuantiles(made.quantiles.values, made.prediction.mean, out.mean, 1, true);
  }
  out.mean.resize(steps);
  made.quantiles.values.resize(steps);
  out.quantiles = std::move(made.quantiles.values);
  for (size_t i = 0; i < steps; ++i) {
    const double multiplier = choice.multipliers[size + i];
    out.mean[i] *= multiplier;
    for (double& value : out.quantiles[i]) value *= multiplier;
  }
  for (size_t i = 0; i < size; ++i) {
    out.residuals.push_back(sold.values[i] - choice.multipliers[i] * made.fitted[i]);
  }
  out.effects = std::move(choice.effects);
  return out;
}

}  // namespace

absl::StatusOr<NodeForecasts> ForecastNodes(const std::vector<Past>& pasts, const TreeFactors& factors,
                                            const TreeQuestion& question, const std::function<bool()>& ended) {
  std::vector<absl::StatusOr<NodeForecast>> made(pasts.size(), NodeForecast());
  std::atomic<size_t> next{0};
  std::atomic<bool> late{false};
  const auto work = [&] {
    runtime::StandBehindCalls();
    for (size_t i = next++; i < pasts.size() && !late; i = next++) {
      made[i] = ForecastNode(pasts[i], factors.Of(i, pasts[i], HorizonOf(question)), question);
      if (ended()) late = true;
    }
  };
  std::vector<std::thread> threads;
  const size_t processors = std::max(1U, std::thread::hardware_concurrency());
  for (size_t i = 0; i < std::min(processors, pasts.size()); ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  if (late) {
    return absl::DeadlineExceededError("the series could not be forecast in time; ask for fewer, or allow longer");
  }
  NodeForecasts out;
  size_t longest = 0;
  for (auto& one : made) {
    RETURN_IF_ERROR(one.status());
    longest = std::max(longest, std::min(kMostResiduals, one->residuals.size()));
    out.mean.push_back(std::move(one->mean));
    out.quantiles.push_back(std::move(one->quantiles));
    out.effects.push_back(std::move(one->effects));
  }
  for (auto& one : made) {
    std::vector<double>& row = out.residuals.emplace_back(longest, 0);
    const size_t known = std::min(longest, one->residuals.size());
    std::copy(one->residuals.end() - static_cast<ptrdiff_t>(known), one->residuals.end(),
              row.end() - static_cast<ptrdiff_t>(known));
  }
  return out;
}

absl::StatusOr<Reconciled> ReconcileNodes(const Hierarchy& hierarchy, const std::vector<Past>& pasts,
                                          const NodeForecasts& forecasts, Reconciliation method) {
  NodeRows history;
  for (const int node : hierarchy.bottom_nodes()) {
    const Past& past = pasts[static_cast<size_t>(node)];
    std::vector<double>& row = history.emplace_back(1, 0);
    for (const double value : past.cleaned) row[0] += value;
  }
  ReconcileInput input;
  input.forecasts = &forecasts.mean;
  input.residuals = &forecasts.residuals;
  input.bottom_history = &history;
  return Reconcile(hierarchy, input, {.method = method});
}

}  // namespace kontor::forecasting
