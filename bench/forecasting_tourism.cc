#include "bench/forecasting_tourism.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <iostream>
#include <map>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/forecasting_data.h"
#include "libs/base/csv.h"
#include "libs/base/status.h"
#include "libs/domain/forecasting/hierarchy.h"
#include "libs/domain/forecasting/intervals.h"
#include "libs/domain/forecasting/measures.h"
#include "libs/domain/forecasting/methods.h"
#include "libs/domain/forecasting/reconcile.h"

namespace kontor::bench {
namespace {

using forecasting::Hierarchy;
using forecasting::NodeRows;
using forecasting::Reconciliation;

constexpr int kSeason = 4;
constexpr int kHorizon = 8;
constexpr double kBestPeer = 0.969;  // hierarchicalforecast 1.5.3: MinT with shrinkage, non-negative

struct Tourism {
  std::vector<forecasting::HierarchyNode> nodes;
  NodeRows bottoms;  // of each bottom, by quarter
};

absl::StatusOr<Tourism> ReadTourism(const std::string& path) {
  ASSIGN_OR_RETURN(base::CsvReader reader, base::CsvReader::Open(path));
  if (!reader.Next() || reader.fields().size() != 5)
    return absl::InvalidArgumentError(absl::StrCat(path, ": five columns are needed"));
  std::map<std::vector<std::string>, std::map<std::string, double>> series;
  while (reader.Next()) {
    const auto& row = reader.fields();
    double trips = 0;
    if (row.size() != 5 || !absl::SimpleAtod(row[4], &trips)) {
      return absl::InvalidArgumentError(absl::StrCat(path, ", line ", reader.line(), ": not a row of five columns"));
    }
    series[{std::string(row[1]), std::string(row[2]), std::string(row[3])}][std::string(row[0])] = trips;
  }
  Tourism data;
  std::vector<std::string> names;
  std::vector<forecasting::NamedGrouping> groupings = {
      {"purpose", {}}, {"state", {}}, {"state, purpose", {}}, {"region", {}}};
  for (const auto& [keys, quarters] : series) {
    names.push_back(absl::StrCat(keys[1], "/", keys[0], "/", keys[2]));
    groupings[0].groups.push_back(keys[2]);
    groupings[1].groups.push_back(keys[1]);
    groupings[2].groups.push_back(absl::StrCat(keys[1], "/", keys[2]));
    groupings[3].groups.push_back(absl::StrCat(keys[1], "/", keys[0]));
    data.bottoms.emplace_back();
    for (const auto& [quarter, trips] : quarters) data.bottoms.back().push_back(trips);
    if (data.bottoms.back().size() != data.bottoms.front().size() ||
        data.bottoms.back().size() <= 2 * kHorizon + 2 * kSeason) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": ", names.back(), " has not the quarters of the others"));
    }
  }
  data.nodes = forecasting::GroupedNodes("total", names, groupings);
  return data;
}

// Of every node, from an origin `held_out` quarters before the end: the past, the next kHorizon quarters, forecasts of
// them.
struct BaseForecasts {
  NodeRows past, actual, mean, residuals, variance;
};

absl::Status FitNode(const forecasting::Method& base, size_t node, BaseForecasts& result) {
  const std::vector<double>& past = result.past[node];
  ASSIGN_OR_RETURN(const std::unique_ptr<forecasting::FittedModel> model, base.fit({past, {kSeason}}));
  forecasting::Prediction prediction = model->Predict(kHorizon);
  const forecasting::Values fitted = model->fitted();
  for (size_t t = 0; t < past.size(); ++t) result.residuals[node].push_back(past[t] - fitted[t]);
  result.mean[node] = std::move(prediction.mean);
  result.variance[node] = std::move(prediction.variance);
  return absl::OkStatus();
}

absl::StatusOr<BaseForecasts> FitAll(const NodeRows& rows, const forecasting::Method& base, int held_out, int threads) {
  BaseForecasts result;
  for (const std::vector<double>& row : rows) {
    const auto origin = row.end() - held_out;
    result.past.emplace_back(row.begin(), origin);
    result.actual.emplace_back(origin, origin + kHorizon);
  }
  result.mean.resize(rows.size());
  result.residuals.resize(rows.size());
  result.variance.resize(rows.size());
  std::vector<absl::Status> statuses(rows.size());
  std::atomic<size_t> next = 0;
  std::vector<std::thread> workers;
  for (int i = 0; i < threads; ++i) {
    workers.emplace_back([&] {
      for (size_t node = next++; node < rows.size(); node = next++) statuses[node] = FitNode(base, node, result);
    });
  }
  for (std::thread& worker : workers) worker.join();
  for (const absl::Status& status : statuses) RETURN_IF_ERROR(status);
  return result;
}

double MeanMase(const BaseForecasts& base, const NodeRows& forecasts) {
  double sum = 0;
  for (size_t i = 0; i < forecasts.size(); ++i) {
    sum += forecasting::Mase(base.actual[i], forecasts[i], forecasting::NaiveScale(base.past[i], kSeason));
  }
  return sum / static_cast<double>(forecasts.size());
}

// Errors of reconciled forecasts in units of the base models' deviations, pooled over all nodes.
absl::StatusOr<forecasting::ErrorQuantiles> LearnErrors(const BaseForecasts& base, const NodeRows& forecasts) {
  std::vector<forecasting::ScaledErrors> errors;
  for (size_t i = 0; i < forecasts.size(); ++i) {
    forecasting::Backtest backtest;
    backtest.folds.push_back(
        {0, base.actual[i], forecasts[i], base.variance[i], forecasting::NaiveScale(base.past[i], kSeason)});
    errors.push_back(ScaleErrors(backtest));
  }
  return forecasting::ErrorQuantiles::Pooled(errors, {0.1, 0.9});
}

double CoverageOf(const BaseForecasts& base, const NodeRows& forecasts, const forecasting::ErrorQuantiles& errors) {
  double within = 0, count = 0;
  for (size_t i = 0; i < forecasts.size(); ++i) {
    const auto quantiles = errors.Apply(
        forecasts[i],
        forecasting::SpreadOf({forecasts[i], base.variance[i]}, forecasting::NaiveScale(base.past[i], kSeason)), true);
    for (size_t h = 0; h < forecasts[i].size(); ++h, ++count) {
      within += base.actual[i][h] >= quantiles.values[h][0] && base.actual[i][h] <= quantiles.values[h][1] ? 1 : 0;
    }
  }
  return within / count;
}

absl::Status AddDefault(const Hierarchy& hierarchy, const BaseForecasts& base, const BaseForecasts& earlier,
                        absl::string_view name, std::vector<Figure>& figures) {
  ASSIGN_OR_RETURN(const forecasting::Reconciled best,
                   Reconcile(hierarchy, {&base.mean, &base.residuals, nullptr}, {}));
  ASSIGN_OR_RETURN(const forecasting::Reconciled before,
                   Reconcile(hierarchy, {&earlier.mean, &earlier.residuals, nullptr}, {}));
  ASSIGN_OR_RETURN(const forecasting::ErrorQuantiles errors, LearnErrors(earlier, before.forecasts));
  int negative = 0;
  for (const std::vector<double>& row : best.forecasts) {
    negative += static_cast<int>(std::count_if(row.begin(), row.end(), [](double value) { return value < 0; }));
  }
  figures.push_back({absl::StrCat("tourism_mase/", name, "/min_trace_non_negative"), MeanMase(base, best.forecasts), "",
                     kBestPeer, absl::StrCat("hierarchicalforecast; shrinkage ", best.shrinkage)});
  figures.push_back({absl::StrCat("tourism_negative/", name),
                     static_cast<double>(negative),
                     "values",
                     {},
                     "after min_trace_non_negative"});
  figures.push_back({absl::StrCat("tourism_incoherence/", name),
                     hierarchy.Incoherence(best.forecasts),
                     "",
                     {},
                     "largest, relative to the node"});
  const auto normal = forecasting::ErrorQuantiles::Alone({}, kHorizon, {0.1, 0.9});
  figures.push_back({absl::StrCat("tourism_coverage_80/", name, "/model"),
                     CoverageOf(base, best.forecasts, normal),
                     "share",
                     {},
                     "the base models' own intervals around reconciled forecasts"});
  figures.push_back({absl::StrCat("tourism_coverage_80/", name, "/conformal"),
                     CoverageOf(base, best.forecasts, errors),
                     "share",
                     {},
                     "errors pooled over the nodes, two years earlier"});
  return absl::OkStatus();
}

}  // namespace

absl::Status BenchReconciliation(const std::string& path, const forecasting::Method& base_method, int threads,
                                 std::vector<Figure>& figures) {
  ASSIGN_OR_RETURN(const Tourism data, ReadTourism(path));
  ASSIGN_OR_RETURN(const Hierarchy hierarchy, Hierarchy::Make(data.nodes));
  const NodeRows rows = hierarchy.Aggregate(data.bottoms);
  ASSIGN_OR_RETURN(const BaseForecasts base, FitAll(rows, base_method, kHorizon, threads));
  ASSIGN_OR_RETURN(const BaseForecasts earlier, FitAll(rows, base_method, 2 * kHorizon, threads));
  const std::string& name = base_method.name;
  figures.push_back({absl::StrCat("tourism_mase/", name, "/base"), MeanMase(base, base.mean), "", 1.028,
                     absl::StrCat(hierarchy.node_count(), " nodes; statsforecast's AutoETS")});
  const struct {
    const char* name;
    Reconciliation method;
    double peer;
  } methods[] = {{"bottom_up", Reconciliation::kBottomUp, 1.078},
                 {"ols", Reconciliation::kOls, 1.026},
                 {"wls_structural", Reconciliation::kWlsStructural, 1.002},
                 {"wls_variance", Reconciliation::kWlsVariance, 1.008},
                 {"min_trace", Reconciliation::kMinTraceShrinkage, 0.970}};
  for (const auto& method : methods) {
    ASSIGN_OR_RETURN(const forecasting::Reconciled found,
                     Reconcile(hierarchy, {&base.mean, &base.residuals, nullptr}, {method.method, false}));
    figures.push_back({absl::StrCat("tourism_mase/", name, "/", method.name), MeanMase(base, found.forecasts), "",
                       method.peer, "hierarchicalforecast"});
  }
  return AddDefault(hierarchy, base, earlier, name, figures);
}

absl::Status BenchTourism(int threads, std::vector<Figure>& figures, std::vector<std::string>& files) {
  const std::string path = ForecastingDataPath("tourism/tourism.csv");
  files.push_back(path);
  const size_t from = figures.size();
  for (const char* name : {"auto_ets", "dynamic_optimised_theta"}) {
    ASSIGN_OR_RETURN(const forecasting::Method base, forecasting::MethodByName(name));
    RETURN_IF_ERROR(BenchReconciliation(path, base, threads, figures));
  }
  for (size_t i = from; i < figures.size(); ++i) {
    std::cout << absl::StrFormat("%-60s %10.4f  %s\n", figures[i].name, figures[i].value, figures[i].note);
  }
  return absl::OkStatus();
}

}  // namespace kontor::bench
