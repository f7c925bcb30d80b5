#include "services/forecasting/series_forecast.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <thread>
#include <utility>

#include "libs/base/status.h"
#include "libs/domain/forecasting/automatic.h"
#include "libs/platform/runtime/background.h"
#include "services/forecasting/forecast_runner.h"

namespace kontor::forecasting {
namespace {

constexpr int kPage = 500;

absl::StatusOr<std::vector<ForecastRow>> ForecastOne(const SeriesToForecast& series, const Run& run) {
  std::vector<ForecastRow> rows;
  PastQuestion question;
  question.until = run.data_until;
  question.product = series.node.level == Level::kProduct;
  question.bulk_units = run.bulk_units;
  for (const auto& [grain, horizon] : {std::pair(v1::GRAIN_DAY, kRunDays), std::pair(v1::GRAIN_WEEK, kRunWeeks)}) {
    question.grain = grain;
    const auto past = BuildPast(series.sales, series.stocked_out, question);
    if (absl::IsFailedPrecondition(past.status())) continue;  // no whole week yet
    RETURN_IF_ERROR(past.status());
    ASSIGN_OR_RETURN(StoredForecast forecast, ForecastPast(*past, horizon));
    forecast.pieces = series.pieces;
    rows.push_back({series.node, grain, std::move(forecast)});
  }
  return rows;
}

}  // namespace

absl::StatusOr<StoredForecast> ForecastPast(const Past& past, int horizon) {
  AutomaticOptions options;
  options.horizon = horizon;
  options.levels.assign(std::begin(kRunLevels), std::end(kRunLevels));
  ASSIGN_OR_RETURN(AutomaticForecast made, ForecastAutomatically(past.series(), options));
  StoredForecast out;
  out.first_step = past.next_step();
  out.method = std::move(made.method);
  out.model = std::move(made.model);
  out.base_total = std::accumulate(made.prediction.mean.begin(), made.prediction.mean.end(), 0.0);
  out.mean = std::move(made.prediction.mean);
  out.variance = std::move(made.prediction.variance);
  for (const std::vector<double>& row : made.quantiles.values) {
    for (const double value : row) out.quantiles.push_back(static_cast<float>(value));
  }
  out.naive = std::move(made.naive);
  out.naive_scale = made.naive_scale;
  out.squared_scale = made.squared_scale;
  out.backtest_wape = made.backtest_wape;
  out.backtest_naive_wape = made.backtest_naive_wape;
  return out;
}

absl::StatusOr<std::vector<ForecastRow>> ForecastAll(const std::vector<SeriesToForecast>& series, const Run& run,
                                                     const std::atomic<bool>& stopped) {
  std::vector<absl::StatusOr<std::vector<ForecastRow>>> made(series.size(), std::vector<ForecastRow>());
  std::atomic<size_t> next{0};
  const auto work = [&] {
    runtime::StandBehindCalls();
    for (size_t i = next++; i < series.size() && !stopped; i = next++) made[i] = ForecastOne(series[i], run);
  };
  std::vector<std::thread> threads;
  const size_t processors = std::max(1U, std::thread::hardware_concurrency());
  for (size_t i = 0; i < std::min(processors, series.size()); ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  std::vector<ForecastRow> rows;
  for (auto& one : made) {
    RETURN_IF_ERROR(one.status());
    std::move(one->begin(), one->end(), std::back_inserter(rows));
  }
  return rows;
}

absl::Status ForEachForecast(RunStore& runs, const Run& run, v1::Grain grain, Level level,
                             absl::FunctionRef<absl::Status(const Node& node, StoredForecast forecast)> take) {
  std::string after;
  for (;;) {
    ASSIGN_OR_RETURN(auto page, runs.ReadLevel(run.shop, run.number, grain, level, after, kPage));
    for (auto& [node, forecast] : page) {
      RETURN_IF_ERROR(take(node, std::move(forecast)));
      after = node.id;
    }
    if (page.size() < kPage) return absl::OkStatus();
  }
}

}  // namespace kontor::forecasting
