#include "services/forecasting/forecast_runner.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/platform/runtime/background.h"
#include "libs/platform/runtime/log.h"
#include "services/forecasting/agreement.h"
#include "services/forecasting/series_forecast.h"

namespace kontor::forecasting {
namespace {

constexpr int kChunk = 256, kRunsKept = 60, kLeastDays = 14;
constexpr absl::Duration kLease = absl::Minutes(2), kPeriod = absl::Seconds(5), kRest = absl::Minutes(10);

absl::Status Stopped() { return absl::CancelledError("the process ends; another one goes on"); }

}  // namespace

ForecastRunner::ForecastRunner(Parts parts)
    : parts_(std::move(parts)),
      finished_(parts_.metrics.counter("kontor_forecasting_runs_total", "Runs that ended.", {{"result", "done"}})),
      failed_(parts_.metrics.counter("kontor_forecasting_runs_total", "Runs that ended.", {{"result", "failed"}})),
      seconds_(parts_.metrics.gauge("kontor_forecasting_run_seconds", "How long the last run took in this process.")) {
  for (const fleet::Shop& shop : parts_.pasts.shops()) next_[shop.id] = parts_.clock.Now() + parts_.first_run;
}

ForecastRunner::~ForecastRunner() {
  {
    base::MutexLock lock(mutex_);
    stopped_ = true;
  }
  waking_.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

void ForecastRunner::Start() {
  thread_ = std::thread([this] { Loop(); });
}

void ForecastRunner::Loop() {
  runtime::StandBehindCalls();
  for (;;) {
    const absl::StatusOr<bool> worked = WorkOnce();
    if (!worked.ok() && !stopped_) {
      runtime::LogWarning("forecasts are not made at the moment", {{"error", worked.status().ToString()}});
    }
    if (!stopped_ && worked.ok() && !*worked) StartDue();
    base::MutexLock lock(mutex_);
    if (stopped_) return;
    if (!wake_) waking_.WaitFor(mutex_, kPeriod);
    wake_ = false;
  }
}

absl::StatusOr<Run> ForecastRunner::Start(const fleet::Shop& shop, const std::string& request_id,
                                          absl::CivilDay data_until, int64_t learn_seconds) {
  ASSIGN_OR_RETURN(const DailySales sales, parts_.demand.Sales(shop, {}, "", data_until));
  if (sales.empty() || data_until - sales.begin()->first + 1 < kLeastDays) {
    return base::Error(absl::StatusCode::kFailedPrecondition, kReasonTooLittleHistory,
                       "forecasts are made from 14 days of orders on; ask again when there are as many");
  }
  ASSIGN_OR_RETURN(Run run, parts_.runs.Start(shop.id, request_id, data_until, learn_seconds, parts_.clock.Now()));
  {
    base::MutexLock lock(mutex_);
    wake_ = true;
  }
  waking_.NotifyAll();
  return run;
}

// A run for a day that has ended since the last one, whatever became of that.
void ForecastRunner::StartDue() {
  const absl::Time now = parts_.clock.Now();
  for (const fleet::Shop& shop : parts_.pasts.shops()) {
    if (now < next_[shop.id]) continue;
    next_[shop.id] = now + kRest;
    const auto day = parts_.pasts.LastWholeDay(shop);
    if (!day.ok()) continue;  // no orders, or PostgreSQL is away: the next look tells
    const auto last = parts_.runs.List(shop.id, 0, 1);
    if (!last.ok() || (!last->empty() && last->front().data_until >= *day)) continue;
    const auto started = Start(shop, "", *day);
    if (!started.ok() && !absl::IsFailedPrecondition(started.status()) && !absl::IsAlreadyExists(started.status())) {
      runtime::LogWarning("a run could not be started", {{"shop", shop.id}, {"error", started.status().ToString()}});
    }
  }
}

absl::StatusOr<bool> ForecastRunner::WorkOnce() {
  ASSIGN_OR_RETURN(std::optional<Run> run, parts_.runs.Claim(parts_.owner, parts_.clock.Now(), kLease));
  if (!run.has_value()) return false;
  const auto begin = std::chrono::steady_clock::now();
  const absl::Status status = Work(*run);
  if (status.ok()) {
    finished_.Add();
    seconds_.Set(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    runtime::LogInfo("forecasts are made", {{"run", RunName(*run)}, {"series", absl::StrCat(run->series_done)}});
    return true;
  }
  if (absl::IsCancelled(status)) {
    RETURN_IF_ERROR(parts_.runs.Release(*run, parts_.owner));
    return status;
  }
  if (postgres::IsTransient(status)) return status;  // the lease ends, and somebody goes on; or the run was cancelled
  failed_.Add();
  runtime::LogError("a run failed", {{"run", RunName(*run)}, {"error", status.ToString()}});
  RETURN_IF_ERROR(parts_.runs.Fail(*run, parts_.owner, parts_.clock.Now(), status.ToString()));
  return true;
}

absl::Status ForecastRunner::Work(Run& run) {
  ASSIGN_OR_RETURN(const fleet::Shop* shop, parts_.pasts.FindShop(run.shop));
  ASSIGN_OR_RETURN(const DailySales all, parts_.demand.Sales(*shop, {}, "", run.data_until));
  const std::set<int> closed = ClosedWeekdays(all, run.data_until);
  if (run.learn_seconds > 0 && run.after_product.empty()) RETURN_IF_ERROR(LearnGlobalModels(*shop, run));
  ASSIGN_OR_RETURN(const Market market, parts_.market.Read(*shop, {}, run.data_until));
  RETURN_IF_ERROR(ForecastProducts(*shop, market, closed, run));
  RETURN_IF_ERROR(ForecastGroups(*shop, all, market, closed, run));
  for (const v1::Grain grain : {v1::GRAIN_DAY, v1::GRAIN_WEEK}) RETURN_IF_ERROR(MakeAgree(run, grain));
  ASSIGN_OR_RETURN(const std::vector<log::OutboxRow> events, parts_.events.After(*shop, run));
  return parts_.runs.Finish(run, parts_.owner, parts_.clock.Now(), events, kRunsKept);
}

// The lease goes on meanwhile.
absl::Status ForecastRunner::LearnGlobalModels(const fleet::Shop& shop, Run& run) {
  ASSIGN_OR_RETURN(run.bulk_units, parts_.demand.BulkUnits(shop, run.data_until));
  absl::Time renewed = parts_.clock.Now();
  absl::Status held;
  const absl::Status learned = parts_.models.Learn(shop, run, [&] {
    const absl::Time now = parts_.clock.Now();
    if (now - renewed > kLease / 4) {
      renewed = now;
      held = parts_.runs.Progress(run, parts_.owner, now, kLease, {});
    }
    return stopped_ || !held.ok();
  });
  return held.ok() ? learned : held;
}

absl::Status ForecastRunner::ForecastProducts(const fleet::Shop& shop, const Market& market,
                                              const std::set<int>& closed, Run& run) {
  ASSIGN_OR_RETURN(const int64_t products, parts_.demand.CountProducts(shop, run.data_until));
  run.series_total = products + 1;  // categories are counted when they come
  if (run.after_product.empty()) {
    ASSIGN_OR_RETURN(run.bulk_units, parts_.demand.BulkUnits(shop, run.data_until));
  }
  for (;;) {
    if (stopped_) return Stopped();
    ASSIGN_OR_RETURN(auto sales, parts_.demand.SalesByProduct(shop, run.after_product, kChunk, run.data_until));
    if (sales.empty()) return absl::OkStatus();
    std::vector<std::string> ids;
    for (const auto& [product, days] : sales) ids.push_back(product);
    ASSIGN_OR_RETURN(const auto stocked_out, parts_.demand.StockedOutDays(shop, ids, run.data_until));
    std::vector<SeriesToForecast> series;
    for (auto& [product, sold] : sales) {
      SeriesToForecast& one = series.emplace_back();
      one.node = {Level::kProduct, product};
      one.pieces = sold.pieces;
      one.sales = std::move(sold.days);
      if (const auto out = stocked_out.find(product); out != stocked_out.end()) one.stocked_out = out->second;
    }
    ASSIGN_OR_RETURN(const std::vector<ForecastRow> rows, ForecastAll(series, run, market, closed, stopped_));
    if (stopped_) return Stopped();
    run.after_product = ids.back();
    run.series_done += static_cast<int64_t>(ids.size());
    RETURN_IF_ERROR(parts_.runs.Progress(run, parts_.owner, parts_.clock.Now(), kLease, rows));
  }
}

absl::Status ForecastRunner::ForecastGroups(const fleet::Shop& shop, const DailySales& all, const Market& market,
                                            const std::set<int>& closed, Run& run) {
  std::vector<SeriesToForecast> series;
  ASSIGN_OR_RETURN(auto categories, parts_.demand.SalesByCategory(shop, run.data_until));
  for (auto& [path, days] : categories) {
    series.push_back({{Level::kCategory, path}, true, std::move(days), {}});
  }
  series.push_back({{Level::kShop, ""}, true, all, {}});
  run.series_total += static_cast<int64_t>(categories.size());
  ASSIGN_OR_RETURN(const std::vector<ForecastRow> rows, ForecastAll(series, run, market, closed, stopped_));
  if (stopped_) return Stopped();
  run.series_done = run.series_total;
  return parts_.runs.Progress(run, parts_.owner, parts_.clock.Now(), kLease, rows);
}

absl::Status ForecastRunner::MakeAgree(Run& run, v1::Grain grain) {
  ASSIGN_OR_RETURN(const auto products, parts_.demand.Products(run.shop));
  Agreement agreement(products);
  for (const Level level : {Level::kShop, Level::kCategory, Level::kProduct}) {
    RETURN_IF_ERROR(ForEachForecast(parts_.runs, run, grain, level, [&](const Node& node, StoredForecast forecast) {
      agreement.Add(node, forecast);
      return absl::OkStatus();
    }));
  }
  RETURN_IF_ERROR(agreement.Solve());
  std::vector<ForecastRow> rows;
  const auto write = [&]() -> absl::Status {
    if (stopped_) return Stopped();
    RETURN_IF_ERROR(parts_.runs.Progress(run, parts_.owner, parts_.clock.Now(), kLease, rows));
    rows.clear();
    return absl::OkStatus();
  };
  for (const Level level : {Level::kShop, Level::kCategory, Level::kProduct}) {
    RETURN_IF_ERROR(
        ForEachForecast(parts_.runs, run, grain, level, [&](const Node& node, StoredForecast forecast) -> absl::Status {
          agreement.Move(node, forecast);
          rows.push_back({node, grain, std::move(forecast)});
          return rows.size() < kChunk ? absl::OkStatus() : write();
        }));
  }
  return rows.empty() ? absl::OkStatus() : write();
}

}  // namespace kontor::forecasting
