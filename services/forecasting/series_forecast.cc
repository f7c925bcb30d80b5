#include "services/forecasting/series_forecast.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <thread>
#include <utility>

#include "libs/base/status.h"
#include "libs/domain/forecasting/automatic.h"
#include "libs/platform/runtime/background.h"
#include "services/forecasting/convert.h"
#include "services/forecasting/forecast_runner.h"

namespace kontor::forecasting {
namespace {

constexpr int kPage = 500;

int WeekdayOf(absl::CivilDay day) { return static_cast<int>(absl::GetWeekday(day)); }

void Close(const std::set<int>& weekdays, StoredForecast& daily) {
  constexpr size_t kLevels = std::size(kRunLevels);
  for (size_t i = 0; i < daily.mean.size(); ++i) {
    const absl::CivilDay day = FirstDay(daily.first_step + static_cast<int64_t>(i), v1::GRAIN_DAY);
    if (!weekdays.contains(WeekdayOf(day))) continue;
    daily.base_total -= daily.mean[i];
    daily.mean[i] = daily.variance[i] = 0;
    std::fill_n(daily.quantiles.begin() + static_cast<ptrdiff_t>(i * kLevels), kLevels, 0.0F);
  }
}

absl::StatusOr<std::vector<ForecastRow>> ForecastOne(const SeriesToForecast& series, const Run& run,
                                                     const Market& market, const std::set<int>& closed_weekdays) {
  std::vector<ForecastRow> rows;
  PastQuestion question;
  question.until = run.data_until;
  question.product = series.node.level == Level::kProduct;
  question.bulk_units = run.bulk_units;
  const Selection selection = SelectionOf(series.node);
  question.explained = market.ExplainedDays(selection, run.data_until);
  for (const auto& [grain, horizon] : {std::pair(v1::GRAIN_DAY, kRunDays), std::pair(v1::GRAIN_WEEK, kRunWeeks)}) {
    question.grain = grain;
    const auto past = BuildPast(series.sales, series.stocked_out, question);
    if (absl::IsFailedPrecondition(past.status())) continue;  // no whole week yet
    RETURN_IF_ERROR(past.status());
    ASSIGN_OR_RETURN(StoredForecast forecast, ForecastPast(*past, market, selection, horizon, !question.product));
    forecast.pieces = series.pieces;
    if (grain == v1::GRAIN_DAY) Close(closed_weekdays, forecast);
    rows.push_back({series.node, grain, std::move(forecast)});
  }
  return rows;
}

void AddFactors(const FactorChoice& choice, const Market& market, const Selection& selection, const Past& past,
                StoredForecast& out) {
  out.factors_wape = choice.wape;
  out.factorless_wape = choice.wape_without;
  if (choice.effects.empty()) return;
  out.multipliers.assign(choice.multipliers.begin() + static_cast<ptrdiff_t>(past.sold.size()),
                         choice.multipliers.end());
  bool weather = false;
  for (const FactorEffect& effect : choice.effects) {
    out.factors.push_back({static_cast<uint8_t>(effect.kind), effect.name, effect.change, effect.share});
    weather = weather || effect.kind == FactorKind::kWeather;
  }
  out.usual_weather = weather && market.UsesUsualWeather(selection, past, static_cast<int>(out.multipliers.size()));
}

}  // namespace

std::set<int> ClosedWeekdays(const DailySales& shop, absl::CivilDay until) {
  constexpr int kWeeks = 8, kDays = 7;
  std::set<int> open, closed;
  if (shop.empty() || until - shop.begin()->first < kWeeks * kDays) return closed;
  for (int back = 0; back < kWeeks * kDays; ++back) {
    const auto sold = shop.find(until - back);
    if (sold != shop.end() && sold->second.units > 0) open.insert(WeekdayOf(until - back));
  }
  for (int weekday = 0; weekday < kDays; ++weekday) {
    if (!open.contains(weekday)) closed.insert(weekday);
  }
  return 2 * open.size() > kDays ? closed : std::set<int>();
}

absl::StatusOr<StoredForecast> ForecastPast(const Past& past, const Market& market, const Selection& selection,
                                            int horizon, bool thorough) {
  AutomaticOptions options;
  options.horizon = horizon;
  options.thorough = thorough;
  options.levels.assign(std::begin(kRunLevels), std::end(kRunLevels));
  ASSIGN_OR_RETURN(const FactorChoice choice, ChooseFactors(past.series(), market.FactorsOf(selection, past, horizon),
                                                            {.horizon = horizon, .periods = PeriodsOf(past.grain)}));
  ASSIGN_OR_RETURN(AutomaticForecast made, ForecastWithFactors(past.series(), options, choice));
  StoredForecast out;
  AddFactors(choice, market, selection, past, out);
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
                                                     const Market& market, const std::set<int>& closed_weekdays,
                                                     const std::atomic<bool>& stopped) {
  std::vector<absl::StatusOr<std::vector<ForecastRow>>> made(series.size(), std::vector<ForecastRow>());
  std::atomic<size_t> next{0};
  const auto work = [&] {
    runtime::StandBehindCalls();
    for (size_t i = next++; i < series.size() && !stopped; i = next++)
      made[i] = ForecastOne(series[i], run, market, closed_weekdays);
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
