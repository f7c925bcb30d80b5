#include "bench/forecasting_intervals.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/domain/forecasting/backtest.h"
#include "libs/domain/forecasting/intervals.h"
#include "libs/domain/forecasting/measures.h"

namespace kontor::bench {
namespace {

using forecasting::ErrorQuantiles;
using forecasting::Prediction;
using forecasting::QuantileForecast;
using forecasting::ScaledErrors;

const std::vector<double> kLevels = {0.025, 0.1, 0.9, 0.975};
constexpr int kOrigins = 6;

struct Forecasts {
  std::vector<Prediction> predictions;  // empty where the method could not be fitted
  std::vector<ScaledErrors> errors;
  std::vector<double> scales;
};

void ForecastOne(const HeldOut& held_out, int season, int horizon, const forecasting::Method& method, size_t at,
                 Forecasts& result) {
  forecasting::Series series{held_out.past, {}};
  if (season > 1) series.seasons = {season};
  result.scales[at] = forecasting::NaiveScale(held_out.past, season);
  const auto model = method.fit(series);
  if (!model.ok() || !(result.scales[at] > 0)) return;
  result.predictions[at] = (*model)->Predict(horizon);
  const int least = std::max(5, season > 1 ? 2 * season + 2 : 0);
  const auto backtest = RunBacktest(series, method, {horizon, kOrigins, std::max(1, horizon / 3), least, true});
  if (backtest.ok()) result.errors[at] = ScaleErrors(*backtest, result.scales[at]);
}

Forecasts ForecastAll(absl::Span<const HeldOut> series, int season, int horizon, const forecasting::Method& method,
                      int threads) {
  Forecasts result{std::vector<Prediction>(series.size()), std::vector<ScaledErrors>(series.size()),
                   std::vector<double>(series.size())};
  std::atomic<size_t> next = 0;
  std::vector<std::thread> workers;
  for (int i = 0; i < threads; ++i) {
    workers.emplace_back([&] {
      for (size_t at = next++; at < series.size(); at = next++) {
        ForecastOne(series[at], season, horizon, method, at, result);
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  return result;
}

void AddFigures(const std::string& name, absl::Span<const HeldOut> series, const Forecasts& forecasts,
                const ErrorQuantiles& errors, std::vector<Figure>& figures) {
  for (const auto& [label, level, lower, upper] :
       {std::tuple("80", 0.8, size_t{1}, size_t{2}), std::tuple("95", 0.95, size_t{0}, size_t{3})}) {
    double coverage = 0, score = 0, count = 0;
    for (size_t i = 0; i < series.size(); ++i) {
      const Prediction& prediction = forecasts.predictions[i];
      if (prediction.mean.empty()) continue;
      const auto spread = Spread(prediction, forecasts.scales[i]);
      const QuantileForecast found = errors.Apply(prediction.mean, spread, true);
      std::vector<double> low, high;
      for (const std::vector<double>& row : found.values) {
        low.push_back(row[lower]);
        high.push_back(row[upper]);
      }
      coverage += forecasting::Coverage(series[i].actual, low, high);
      score += forecasting::IntervalScore(series[i].actual, low, high, level) / forecasts.scales[i];
      ++count;
    }
    figures.push_back({absl::StrCat("coverage_", label, "/", name), coverage / count, "share", level, ""});
    figures.push_back(
        {absl::StrCat("interval_score_", label, "/", name), score / count, "", {}, "over the seasonal naive scale"});
  }
}

}  // namespace

absl::Status BenchIntervals(const std::string& set, absl::Span<const HeldOut> series, int season, int horizon,
                            const forecasting::Method& method, int threads, std::vector<Figure>& figures) {
  const Forecasts forecasts = ForecastAll(series, season, horizon, method, threads);
  const std::string name = absl::StrCat(set, "/", method.name);
  AddFigures(name, series, forecasts, ErrorQuantiles::Alone({}, horizon, kLevels), figures);
  ASSIGN_OR_RETURN(const ErrorQuantiles errors, ErrorQuantiles::Pooled(forecasts.errors, kLevels));
  AddFigures(absl::StrCat(name, "+conformal"), series, forecasts, errors.TowardsNormal(ErrorQuantiles::kNormalShare),
             figures);
  return absl::OkStatus();
}

}  // namespace kontor::bench
