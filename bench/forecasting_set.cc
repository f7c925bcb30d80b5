#include "bench/forecasting_set.h"

#include <iostream>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"
#include "bench/search_timing.h"
#include "libs/domain/forecasting/naive.h"
#include "libs/domain/forecasting/set_combination.h"

namespace kontor::bench {
namespace {

// One member's forecasts; the seasonal naive stands in where it has none.
SetForecast Alone(const ForecastSet& set, const forecasting::SetCombination& combination, size_t member) {
  SetForecast forecast;
  forecast.method = combination.members[member].name;
  forecast.variance.resize(set.train.size());
  for (size_t i = 0; i < set.train.size(); ++i) {
    std::vector<double> mean = combination.alone[i][member];
    if (mean.empty()) {
      const auto naive = forecasting::SeasonalNaiveMethod().fit({set.train[i], set.seasons});
      if (naive.ok()) mean = (*naive)->Predict(set.horizon).mean;
      ++forecast.replaced;
    }
    forecast.mean.push_back(std::move(mean));
  }
  return forecast;
}

}  // namespace

void AddSetForecasts(const ForecastSet& set, int threads, std::vector<SetForecast>& forecasts) {
  std::vector<forecasting::Series> series;
  for (const std::vector<double>& values : set.train) series.push_back({values, set.seasons});
  forecasting::SetCombinationOptions options;
  options.horizon = set.horizon;
  options.levels = {0.025, 0.1, 0.9, 0.975};
  options.threads = threads;
  const double start = ProcessCpuSeconds();
  absl::StatusOr<forecasting::SetCombination> combination = forecasting::CombineOverSet(series, options);
  if (!combination.ok()) return;
  SetForecast combined;
  combined.cpu_seconds = ProcessCpuSeconds() - start;
  for (size_t k = 0; k < combination->members.size(); ++k) {
    const forecasting::SetMember& member = combination->members[k];
    std::cout << absl::StrFormat("%-16s   held out: %-26s sMAPE %8.3f%s\n", set.name, member.name,
                                 member.held_out_smape, member.kept ? "" : "  (left out)");
    if (member.name == "stack" || member.name == "set_trees") forecasts.push_back(Alone(set, *combination, k));
  }
  std::cout << absl::StrFormat("%-16s   held out: %-26s sMAPE %8.3f\n", set.name, "set_combination",
                               combination->held_out_smape);
  combined.method = "set_combination";
  for (forecasting::Prediction& prediction : combination->predictions) {
    combined.mean.push_back(std::move(prediction.mean));
    combined.variance.push_back(std::move(prediction.variance));
  }
  combined.quantiles = std::move(combination->quantiles);
  forecasts.push_back(std::move(combined));
}

}  // namespace kontor::bench
