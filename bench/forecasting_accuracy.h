#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "bench/figures.h"
#include "bench/forecasting_data.h"
#include "libs/domain/forecasting/forecast.h"
#include "libs/domain/forecasting/intervals.h"

namespace kontor::bench {

struct ForecastBenchOptions {
  std::vector<forecasting::Method> methods;
  int threads = 2;
  bool quick = false;       // every eighth series
  int network_seconds = 0;  // of training each network; 0: none
};

// What a method forecast for every series of a set.
struct SetForecast {
  std::string method;
  std::vector<std::vector<double>> mean;      // one a series
  std::vector<std::vector<double>> variance;  // one a series, empty where the method has none
  // One a series, at .025, .1, .9 and .975; empty: the normal ones of the variances.
  std::vector<forecasting::QuantileForecast> quantiles;
  double cpu_seconds = 0;  // of fitting and forecasting all of them
  int replaced = 0;        // series without an answer: the seasonal naive stands in
};

// `threads` threads, series in turn.
SetForecast ForecastAll(const ForecastSet& set, const forecasting::Method& method, int threads);

// Over all series and steps, and over the series that have a scale.
struct SetAccuracy {
  double smape = 0, mase = 0;
  size_t points = 0, scaled = 0;  // counted in the one and the other

  void Add(const SetAccuracy& other);  // both together
};
SetAccuracy Accuracy(const ForecastSet& set, const std::vector<std::vector<double>>& mean);

// Figures for each forecast, PREFIX/smape/METHOD and so on, without the prefix where the set has no name: smape, mase,
// owa (where naive2 is among them), coverage_80, coverage_95, interval_score_80 and interval_score_95 in units of
// MASE's scale (of the forecast's quantiles, else of the model's own variances, normal), cpu_ms_per_series, replaced
// (where any is). Prints a line for each.
void AddAccuracy(const ForecastSet& set, absl::Span<const SetForecast> forecasts, std::vector<Figure>& figures);

// The method with a correction learned from the whole set, both counted in the CPU time; nothing where the set is too
// small.
std::optional<SetForecast> ForecastCorrected(const ForecastSet& set, const forecasting::Method& method, int threads);

// ForecastAll by every method, "combination" also corrected in sets of one season, with "auto_ets" also what learns
// from the whole set (forecasting_set.h), and AddAccuracy; the accuracy of each.
std::map<std::string, SetAccuracy> BenchSet(const ForecastSet& set, const ForecastBenchOptions& options,
                                            std::vector<Figure>& figures);

}  // namespace kontor::bench
