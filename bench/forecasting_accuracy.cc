#include "bench/forecasting_accuracy.h"

#include <atomic>
#include <cmath>
#include <iostream>
#include <memory>
#include <optional>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/forecasting_set.h"
#include "bench/search_timing.h"
#include "libs/base/mutex.h"
#include "libs/domain/forecasting/boosted_correction.h"
#include "libs/domain/forecasting/measures.h"
#include "libs/domain/forecasting/naive.h"

namespace kontor::bench {
namespace {

using forecasting::FittedModel;
using forecasting::Method;
using forecasting::Prediction;

constexpr double kNormal975 = 1.959963984540054;
constexpr double kNormal[] = {-kNormal975, -1.2815515655446004, 1.2815515655446004, kNormal975};

bool IsFinite(const std::vector<double>& values) {
  for (const double value : values) {
    if (!std::isfinite(value)) return false;
  }
  return true;
}

std::optional<Prediction> Forecast(const ForecastSet& set, size_t i, const Method& method) {
  const absl::StatusOr<std::unique_ptr<FittedModel>> model = method.fit({set.train[i], set.seasons});
  if (!model.ok()) return std::nullopt;
  Prediction prediction = (*model)->Predict(set.horizon);
  if (!IsFinite(prediction.mean)) return std::nullopt;
  return prediction;
}

// One of the four quantiles of all steps of a series.
std::vector<double> Bound(const SetForecast& forecast, size_t series, size_t which) {
  std::vector<double> bound = forecast.mean[series];
  for (size_t h = 0; h < bound.size(); ++h) {
    bound[h] = forecast.quantiles.empty() ? bound[h] + kNormal[which] * std::sqrt(forecast.variance[series][h])
                                          : forecast.quantiles[series].values[h][which];
  }
  return bound;
}

struct Intervals {
  double within_80 = 0, within_95 = 0, score_80 = 0, score_95 = 0;
};

// Over the series that have them; none where there are none.
std::optional<Intervals> MeasureIntervals(const ForecastSet& set, const SetForecast& forecast) {
  Intervals sum;
  double count = 0, scaled = 0;
  for (size_t i = 0; i < set.test.size(); ++i) {
    if (forecast.mean[i].empty() || (forecast.quantiles.empty() && forecast.variance[i].empty())) continue;
    const std::vector<double> low_95 = Bound(forecast, i, 0), low_80 = Bound(forecast, i, 1);
    const std::vector<double> high_80 = Bound(forecast, i, 2), high_95 = Bound(forecast, i, 3);
    sum.within_80 += forecasting::Coverage(set.test[i], low_80, high_80);
    sum.within_95 += forecasting::Coverage(set.test[i], low_95, high_95);
    ++count;
    const double scale = forecasting::NaiveScale(set.train[i], set.season());
    if (!(scale > 0)) continue;
    sum.score_80 += forecasting::IntervalScore(set.test[i], low_80, high_80, 0.8) / scale;
    sum.score_95 += forecasting::IntervalScore(set.test[i], low_95, high_95, 0.95) / scale;
    ++scaled;
  }
  if (count == 0) return std::nullopt;
  return Intervals{100 * sum.within_80 / count, 100 * sum.within_95 / count, sum.score_80 / scaled,
                   sum.score_95 / scaled};
}

}  // namespace

SetForecast ForecastAll(const ForecastSet& set, const Method& method, int threads) {
  const size_t count = set.train.size();
  SetForecast forecast;
  forecast.method = method.name;
  forecast.mean.resize(count);
  forecast.variance.resize(count);
  const Method naive = forecasting::SeasonalNaiveMethod();
  std::atomic<size_t> next = 0;
  base::Mutex mutex;
  const auto work = [&] {
    const double start = ThreadCpuSeconds();
    int replaced = 0;
    for (size_t i = next++; i < count; i = next++) {
      std::optional<Prediction> prediction = Forecast(set, i, method);
      if (!prediction.has_value()) {
        ++replaced;
        prediction = Forecast(set, i, naive);
      }
      if (!prediction.has_value()) continue;
      forecast.mean[i] = std::move(prediction->mean);
      forecast.variance[i] = std::move(prediction->variance);
    }
    const base::MutexLock lock(mutex);
    forecast.cpu_seconds += ThreadCpuSeconds() - start;
    forecast.replaced += replaced;
  };
  std::vector<std::thread> workers;
  for (int i = 0; i < threads; ++i) workers.emplace_back(work);
  for (std::thread& worker : workers) worker.join();
  return forecast;
}

SetAccuracy Accuracy(const ForecastSet& set, const std::vector<std::vector<double>>& mean) {
  SetAccuracy accuracy;
  for (size_t i = 0; i < set.test.size(); ++i) {
    if (mean[i].empty()) continue;
    accuracy.smape += forecasting::Smape(set.test[i], mean[i]) * static_cast<double>(mean[i].size());
    accuracy.points += mean[i].size();
    const double mase = forecasting::Mase(set.test[i], mean[i], forecasting::NaiveScale(set.train[i], set.season()));
    if (!std::isfinite(mase)) continue;
    accuracy.mase += mase;
    ++accuracy.scaled;
  }
  accuracy.smape /= static_cast<double>(accuracy.points);
  accuracy.mase /= static_cast<double>(accuracy.scaled);
  return accuracy;
}

void AddAccuracy(const ForecastSet& set, absl::Span<const SetForecast> forecasts, std::vector<Figure>& figures) {
  std::optional<SetAccuracy> naive2;
  for (const SetForecast& forecast : forecasts) {
    if (forecast.method == "naive2") naive2 = Accuracy(set, forecast.mean);
  }
  const std::string prefix = set.name.empty() ? "" : set.name + "/";
  for (const SetForecast& forecast : forecasts) {
    const auto add = [&](absl::string_view measure, double value, absl::string_view unit) {
      figures.push_back({absl::StrCat(prefix, measure, "/", forecast.method), value, std::string(unit)});
    };
    const SetAccuracy accuracy = Accuracy(set, forecast.mean);
    const double cpu = 1e3 * forecast.cpu_seconds / static_cast<double>(set.train.size());
    add("smape", accuracy.smape, "%");
    add("mase", accuracy.mase, "");
    std::string line = absl::StrFormat("%-16s %-26s sMAPE %8.3f  MASE %7.3f", set.name, forecast.method, accuracy.smape,
                                       accuracy.mase);
    if (naive2.has_value()) {
      const double owa = 0.5 * (accuracy.smape / naive2->smape + accuracy.mase / naive2->mase);
      add("owa", owa, "");
      absl::StrAppendFormat(&line, "  OWA %6.3f", owa);
    }
    if (const auto intervals = MeasureIntervals(set, forecast)) {
      add("coverage_80", intervals->within_80, "%");
      add("coverage_95", intervals->within_95, "%");
      add("interval_score_80", intervals->score_80, "");
      add("interval_score_95", intervals->score_95, "");
      absl::StrAppendFormat(&line, "  within 80/95 %5.1f %5.1f  scores %7.2f %7.2f", intervals->within_80,
                            intervals->within_95, intervals->score_80, intervals->score_95);
    }
    add("cpu_ms_per_series", cpu, "ms");
    if (forecast.replaced > 0) add("replaced", forecast.replaced, "series");
    std::cout << line << absl::StrFormat("  CPU %8.3f ms\n", cpu);
  }
}

void SetAccuracy::Add(const SetAccuracy& other) {
  const auto mean = [](double a, size_t m, double b, size_t n) {
    return (m > 0 ? a * static_cast<double>(m) : 0) / static_cast<double>(m + n) +
           (n > 0 ? b * static_cast<double>(n) : 0) / static_cast<double>(m + n);
  };
  smape = mean(smape, points, other.smape, other.points);
  mase = mean(mase, scaled, other.mase, other.scaled);
  points += other.points;
  scaled += other.scaled;
}

std::optional<SetForecast> ForecastCorrected(const ForecastSet& set, const Method& method, int threads) {
  std::vector<forecasting::Series> series;
  for (const std::vector<double>& values : set.train) series.push_back({values, set.seasons});
  const double start = ProcessCpuSeconds();
  absl::StatusOr<forecasting::BoostedCorrection> learned =
      forecasting::BoostedCorrection::Learn(series, {.horizon = set.horizon, .threads = threads});
  if (!learned.ok()) return std::nullopt;
  const double learning = ProcessCpuSeconds() - start;
  SetForecast forecast = ForecastAll(
      set,
      forecasting::CorrectedMethod("corrected_" + method.name, method,
                                   std::make_shared<const forecasting::BoostedCorrection>(*std::move(learned))),
      threads);
  forecast.cpu_seconds += learning;
  return forecast;
}

std::map<std::string, SetAccuracy> BenchSet(const ForecastSet& set, const ForecastBenchOptions& options,
                                            std::vector<Figure>& figures) {
  constexpr size_t kQuickStep = 8;
  const ForecastSet part = options.quick ? set.Every(kQuickStep, set.train.size()) : set;
  std::vector<SetForecast> forecasts;
  for (const Method& method : options.methods) {
    forecasts.push_back(ForecastAll(part, method, options.threads));
    if (method.name == "auto_ets") AddSetForecasts(part, options.threads, forecasts);
    if (method.name != "combination" || set.seasons.size() > 1) continue;
    if (std::optional<SetForecast> corrected = ForecastCorrected(part, method, options.threads)) {
      forecasts.push_back(*std::move(corrected));
    }
  }
  AddAccuracy(part, forecasts, figures);
  std::map<std::string, SetAccuracy> accuracies;
  for (const SetForecast& forecast : forecasts) accuracies[forecast.method] = Accuracy(part, forecast.mean);
  return accuracies;
}

}  // namespace kontor::bench
