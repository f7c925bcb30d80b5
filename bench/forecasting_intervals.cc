#include "bench/forecasting_intervals.h"

#include <algorithm>
#include <atomic>
#include <iostream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "libs/base/status.h"
#include "libs/domain/forecasting/backtest.h"
#include "libs/domain/forecasting/intervals.h"
#include "libs/domain/forecasting/measures.h"

namespace kontor::bench {
namespace {

using forecasting::ErrorQuantiles;
using forecasting::Prediction;
using forecasting::ScaledErrors;

const std::vector<double> kLevels = {0.025, 0.1, 0.9, 0.975};
constexpr int kOrigins = 6;
constexpr size_t kQuickStep = 8;

struct Forecasts {
  std::vector<Prediction> predictions;  // empty where the method could not be fitted, or there is no scale or test
  std::vector<ScaledErrors> errors;
  std::vector<double> scales;
};

void ForecastOne(const ForecastSet& set, const forecasting::Method& method, size_t at, Forecasts& result) {
  const forecasting::Series series{set.train[at], set.seasons};
  result.scales[at] = forecasting::NaiveScale(set.train[at], set.season());
  const auto model = method.fit(series);
  if (!model.ok() || !(result.scales[at] > 0) || set.test[at].empty()) return;
  result.predictions[at] = (*model)->Predict(set.horizon);
  const int least = std::max(5, set.season() > 1 ? 2 * set.season() + 2 : 0);
  const auto backtest = RunBacktest(series, method, {set.horizon, kOrigins, std::max(1, set.horizon / 3), least, true});
  if (backtest.ok()) result.errors[at] = ScaleErrors(*backtest);
}

Forecasts ForecastAllWithErrors(const ForecastSet& set, const forecasting::Method& method, int threads) {
  const size_t count = set.train.size();
  Forecasts result{std::vector<Prediction>(count), std::vector<ScaledErrors>(count), std::vector<double>(count)};
  std::atomic<size_t> next = 0;
  std::vector<std::thread> workers;
  for (int i = 0; i < threads; ++i) {
    workers.emplace_back([&] {
      for (size_t at = next++; at < count; at = next++) ForecastOne(set, method, at, result);
    });
  }
  for (std::thread& worker : workers) worker.join();
  return result;
}

struct Measured {
  double coverage = 0, score = 0;  // %, over the scale
};

// Of the intervals between two of kLevels.
Measured Measure(const ForecastSet& set, const Forecasts& forecasts, const ErrorQuantiles& errors, size_t lower,
                 size_t upper) {
  Measured sum;
  double count = 0;
  for (size_t i = 0; i < set.train.size(); ++i) {
    const Prediction& prediction = forecasts.predictions[i];
    if (prediction.mean.empty()) continue;
    const auto found = errors.Apply(prediction.mean, SpreadOf(prediction, forecasts.scales[i]), true);
    std::vector<double> low, high;
    for (const std::vector<double>& row : found.values) {
      low.push_back(row[lower]);
      high.push_back(row[upper]);
    }
    sum.coverage += 100 * forecasting::Coverage(set.test[i], low, high);
    sum.score +=
        forecasting::IntervalScore(set.test[i], low, high, kLevels[upper] - kLevels[lower]) / forecasts.scales[i];
    ++count;
  }
  return {sum.coverage / count, sum.score / count};
}

void AddIntervals(const ForecastSet& set, const Forecasts& forecasts, const ErrorQuantiles& errors,
                  const std::string& method, bool conformal, std::vector<Figure>& figures) {
  const Measured of_80 = Measure(set, forecasts, errors, 1, 2), of_95 = Measure(set, forecasts, errors, 0, 3);
  const std::string prefix = set.name.empty() ? "" : set.name + "/";
  const std::string name = absl::StrCat(method, conformal ? "+conformal" : "");
  if (conformal) {  // the model's own are among the figures of accuracy
    figures.push_back({absl::StrCat(prefix, "coverage_80/", name), of_80.coverage, "%", 80});
    figures.push_back({absl::StrCat(prefix, "coverage_95/", name), of_95.coverage, "%", 95});
    figures.push_back({absl::StrCat(prefix, "interval_score_80/", name), of_80.score, ""});
    figures.push_back({absl::StrCat(prefix, "interval_score_95/", name), of_95.score, ""});
  }
  std::cout << absl::StrFormat("%-16s %-26s within 80/95 %5.1f %5.1f  scores %7.3f %7.3f\n", set.name, name,
                               of_80.coverage, of_95.coverage, of_80.score, of_95.score);
}

}  // namespace

void BenchIntervals(const ForecastSet& set, const ForecastBenchOptions& options, std::vector<Figure>& figures) {
  const ForecastSet part = options.quick ? set.Every(kQuickStep, set.train.size()) : set;
  for (const forecasting::Method& method : options.methods) {
    if (method.name != "auto_ets" && method.name != "combination") continue;
    const Forecasts forecasts = ForecastAllWithErrors(part, method, options.threads);
    AddIntervals(part, forecasts, ErrorQuantiles::Alone({}, part.horizon, kLevels), method.name, false, figures);
    const auto errors = ErrorQuantiles::Pooled(forecasts.errors, kLevels);
    if (!errors.ok()) continue;
    AddIntervals(part, forecasts, *errors, method.name, true, figures);
  }
}

absl::Status BenchM3Intervals(const ForecastBenchOptions& options, std::vector<Figure>& figures,
                              std::vector<std::string>& files) {
  for (const absl::string_view group : {"yearly", "quarterly", "monthly", "other"}) {
    ASSIGN_OR_RETURN(const ForecastSet set, ReadM3(group));
    if (files.empty()) files = set.files;
    BenchIntervals(set, options, figures);
  }
  return absl::OkStatus();
}

}  // namespace kontor::bench
