#include "services/recommendations/quality_keeper.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "libs/base/status.h"
#include "libs/platform/runtime/background.h"
#include "libs/platform/runtime/log.h"

namespace kontor::recommendations {
namespace {

using kontor::events::v1::QualityAlert;

constexpr absl::Duration kPeriod = absl::Minutes(1), kTurn = absl::Seconds(55);
constexpr absl::Duration kDay = absl::Hours(24);
constexpr int kDaysBefore = 7, kRestFactor = 20;

std::vector<runtime::Counter> CountersByKind(runtime::Metrics& metrics) {
  std::vector<runtime::Counter> counters;
  for (int kind = 1; kind < QualityAlert::Kind_ARRAYSIZE; ++kind) {
    counters.push_back(metrics.counter("kontor_recommendations_alerts_total", "Alerts raised, by what became worse.",
                                       {{"kind", AlertKindName(static_cast<QualityAlert::Kind>(kind))}}));
  }
  return counters;
}

}  // namespace

QualityKeeper::QualityKeeper(const Parts& parts)
    : postgres_(parts.postgres), store_(parts.postgres), clock_(parts.clock), alerts_(CountersByKind(parts.metrics)) {
  for (const fleet::Shop& shop : parts.shops) shops_.push_back(shop.id);
}

QualityKeeper::~QualityKeeper() {
  {
    base::MutexLock lock(mutex_);
    stop_ = true;
  }
  stopping_.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

void QualityKeeper::Start() {
  thread_ = std::thread([this] { Run(); });
}

bool QualityKeeper::Rest(absl::Duration time) {
  base::MutexLock lock(mutex_);
  const auto until = std::chrono::steady_clock::now() + absl::ToChronoMicroseconds(time);
  while (!stop_ && std::chrono::steady_clock::now() < until) {
    stopping_.WaitFor(mutex_, absl::FromChrono(until - std::chrono::steady_clock::now()));
  }
  return !stop_;
}

void QualityKeeper::Run() {
  runtime::StandBehindCalls();
  absl::Duration rest = kPeriod;
  while (Rest(rest)) {
    const auto begin = std::chrono::steady_clock::now();
    for (const std::string& shop : shops_) {
      const absl::StatusOr<int> raised = Look(shop);
      if (!raised.ok()) runtime::LogWarning("no look for alerts", {{"error", raised.status().ToString()}});
    }
    rest = std::max(kPeriod, kRestFactor * absl::FromChrono(std::chrono::steady_clock::now() - begin));
  }
}

absl::StatusOr<int> QualityKeeper::Look(const std::string& shop) {
  const absl::Time now = clock_.Now();
  ASSIGN_OR_RETURN(const bool my_turn, TakeTurn(shop, now));
  if (!my_turn) return 0;
  ASSIGN_OR_RETURN(const std::vector<QualityComparison> comparisons, Compare(shop, now));
  int count = 0;
  for (const QualityComparison& comparison : comparisons) {
    for (const QualityAlert& alert : FindAlerts(comparison)) {
      ASSIGN_OR_RETURN(const bool raised, RaiseAlert(postgres_, alert, now));
      if (!raised) continue;
      ++count;
      alerts_[alert.kind() - 1].Add();
      runtime::LogWarning("recommendations became worse", {{"alert", alert.alert_id()}, {"what", alert.sentence()}});
    }
  }
  return count;
}

absl::StatusOr<bool> QualityKeeper::TakeTurn(const std::string& shop, absl::Time now) {
  postgres::Params params;
  params.Text(shop).Time(now).Time(now - kTurn);
  ASSIGN_OR_RETURN(const postgres::Result taken,
                   postgres_.Exec("INSERT INTO recommendations.quality_looks AS l VALUES ($1, $2) ON CONFLICT (shop) "
                                  "DO UPDATE SET looked_at = excluded.looked_at WHERE l.looked_at <= $3",
                                  params));
  return taken.affected_rows() == 1;
}

absl::StatusOr<std::vector<QualityComparison>> QualityKeeper::Compare(const std::string& shop, absl::Time now) const {
  OutcomeQuery day{shop, now - kDay, now, 0, 0, v1::QUALITY_GROUPING_MODEL};
  OutcomeQuery before{shop, now - (1 + kDaysBefore) * kDay, now - kDay, 0, 0, v1::QUALITY_GROUPING_PLACEMENT};
  ASSIGN_OR_RETURN(const CountsByKey models, store_.Count(day));
  std::vector<QualityComparison> comparisons;
  if (std::none_of(models.begin(), models.end(), [](const auto& m) { return m.second.places >= kLeastPlaces; })) {
    return comparisons;
  }
  ASSIGN_OR_RETURN(const CountsByKey placements_before, store_.Count(before));
  ASSIGN_OR_RETURN(const auto products_before, store_.ProductsPerDay(before, kLeastPlaces));
  day.group_by = v1::QUALITY_GROUPING_PLACEMENT;
  for (const auto& [model, counts] : models) {
    if (counts.places < kLeastPlaces) continue;
    day.model = model;
    ASSIGN_OR_RETURN(const CountsByKey placements, store_.Count(day));
    ASSIGN_OR_RETURN(const auto products, store_.ProductsPerDay(day, kLeastPlaces));
    for (const auto& [placement, of_day] : placements) {
      QualityComparison& one = comparisons.emplace_back();
      one.shop = shop;
      one.placement = static_cast<int>(placement);
      one.model = model;
      one.since = day.start;
      one.now = of_day;
      one.days_before = kDaysBefore;
      if (const auto old = placements_before.find(placement); old != placements_before.end()) one.before = old->second;
      if (const auto found = products.find(placement); found != products.end()) one.products_now = found->second;
      if (const auto old = products_before.find(placement); old != products_before.end()) {
        one.products_before = old->second;
      }
    }
  }
  return comparisons;
}

}  // namespace kontor::recommendations
