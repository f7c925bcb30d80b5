#include "services/forecasting/past.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "libs/base/money.h"
#include "libs/base/status.h"
#include "libs/domain/forecasting/censored_demand.h"
#include "libs/domain/forecasting/cleaning.h"

namespace kontor::forecasting {
namespace {

constexpr int kLeastWholeSteps = 4;
constexpr double kBulk = 5, kOrdinary = 0.95;
constexpr size_t kLeastSales = 5, kLeastDays = 56;
constexpr double kFarAway = 8;  // robust deviations

double FromNanos(absl::int128 nanos) { return static_cast<double>(nanos) / base::Decimal::kOne; }

// Every day from the first sale on.
struct Days {
  absl::CivilDay first;
  std::vector<absl::int128> sold;
  std::vector<double> wanted;
};

void CapBulk(double bulk_units, std::vector<double>& days) {
  std::vector<double> sales;
  for (const double units : days) {
    if (units > 0) sales.push_back(units);
  }
  std::sort(sales.begin(), sales.end());
  double most = bulk_units > 0 ? bulk_units : std::numeric_limits<double>::infinity();
  if (sales.size() >= kLeastSales) {
    const double ordinary = sales[static_cast<size_t>(kOrdinary * static_cast<double>(sales.size() - 1))];
    most = std::max(bulk_units, kBulk * ordinary);
  }
  for (double& units : days) units = std::min(units, most);
}

absl::Status ReplaceOutliers(absl::CivilDay first, const std::vector<absl::CivilDay>& explained,
                             std::vector<double>& days) {
  if (days.size() < kLeastDays) return absl::OkStatus();
  std::vector<Observation> observations;
  for (size_t i = 0; i < days.size(); ++i) observations.push_back({static_cast<int64_t>(i), days[i]});
  CleaningOptions options;
  options.season = SeasonsOf(v1::GRAIN_DAY).front();
  options.trim_before_launch = false;
  options.replace_outliers = true;
  options.outlier_threshold = kFarAway;
  ASSIGN_OR_RETURN(const CleanSeries clean, CleanObservations(observations, options));
  for (size_t i = 0; i < days.size(); ++i) {
    const absl::CivilDay day = first + static_cast<int64_t>(i);
    if (std::binary_search(explained.begin(), explained.end(), day)) continue;
    days[i] = std::min(days[i], std::max(0.0, clean.values[i]));
  }
  return absl::OkStatus();
}

absl::StatusOr<Days> ListDays(const DailySales& sales, const std::vector<absl::CivilDay>& stocked_out,
                              const PastQuestion& question) {
  Days days;
  days.first = sales.begin()->first;
  const auto size = static_cast<size_t>(question.until - days.first + 1);
  days.sold.resize(size);
  for (const auto& [day, sold] : sales) {
    days.sold[day - days.first] = question.measure == v1::MEASURE_REVENUE ? sold.amount : sold.units;
  }
  std::vector<SalesDay> censored(size);
  for (size_t i = 0; i < size; ++i) censored[i].sold = FromNanos(days.sold[i]);
  bool any = false;
  for (const absl::CivilDay day : stocked_out) {
    if (day < days.first || day > question.until) continue;
    censored[day - days.first].out_of_stock = any = true;
  }
  days.wanted.resize(size);
  for (size_t i = 0; i < size; ++i) days.wanted[i] = censored[i].sold;
  if (any) {
    const auto estimated = EstimateDemand(censored, {});
    if (estimated.ok()) days.wanted = estimated->demand;
    // FAILED_PRECONDITION: no day had stock, so that there is nothing to learn from.
    if (!estimated.ok() && !absl::IsFailedPrecondition(estimated.status())) return estimated.status();
  }
  if (question.product && question.measure == v1::MEASURE_UNITS) {
    CapBulk(question.bulk_units, days.wanted);
  } else {
    RETURN_IF_ERROR(ReplaceOutliers(days.first, question.explained, days.wanted));
  }
  return days;
}

// Sums of days by step, the last whole one last.
Past SumSteps(const Days& days, const PastQuestion& question) {
  Past past;
  past.grain = question.grain;
  past.measure = question.measure;
  past.currency = question.currency;
  past.first_step = StepOf(days.first, question.grain);
  const int64_t last = LastWholeStep(question.until, question.grain);
  const bool partial = FirstDay(past.first_step, question.grain) < days.first;
  if (partial && last - past.first_step >= kLeastWholeSteps) ++past.first_step;
  if (last < past.first_step) return past;
  past.sold.resize(static_cast<size_t>(last - past.first_step + 1));
  past.cleaned.resize(past.sold.size());
  for (size_t i = 0; i < days.sold.size(); ++i) {
    const int64_t step = StepOf(days.first + static_cast<int64_t>(i), question.grain);
    if (step < past.first_step || step > last) continue;
    past.sold[step - past.first_step] += days.sold[i];
    past.cleaned[step - past.first_step] += days.wanted[i];
  }
  return past;
}

void TellWhatIsReadOtherwise(Past& past) {
  for (size_t i = 0; i < past.sold.size(); ++i) {
    const double sold = FromNanos(past.sold[i]);
    if (past.cleaned[i] == sold) continue;
    const int64_t step = past.first_step + static_cast<int64_t>(i);
    const auto kind = past.cleaned[i] > sold ? v1::SeriesChange::KIND_STOCKED_OUT : v1::SeriesChange::KIND_OUTLIER;
    past.changes.push_back({kind, step, step, sold, past.cleaned[i]});
  }
}

absl::Status Clean(Past& past) {
  std::vector<Observation> observations;
  for (size_t i = 0; i < past.cleaned.size(); ++i) {
    observations.push_back({past.first_step + static_cast<int64_t>(i), past.cleaned[i]});
  }
  CleaningOptions options;
  options.season = SeasonsOf(past.grain).front();
  options.trim_before_launch = false;  // the first step is a sale's
  ASSIGN_OR_RETURN(const CleanSeries clean, CleanObservations(observations, options));
  past.cleaned = clean.values;
  for (const LevelShift& shift : clean.level_shifts) {
    past.changes.push_back({v1::SeriesChange::KIND_LEVEL_SHIFT, shift.step, shift.step, shift.before, shift.after});
  }
  if (clean.discontinued_on.has_value()) {
    past.changes.push_back({v1::SeriesChange::KIND_DISCONTINUED, *clean.discontinued_on, past.next_step() - 1, 0, 0});
  }
  return absl::OkStatus();
}

}  // namespace

Series Past::series() const {
  Series series{cleaned, {}};
  for (const int season : SeasonsOf(grain)) {
    if (cleaned.size() >= 2 * static_cast<size_t>(season)) series.seasons.push_back(season);
  }
  return series;
}

absl::StatusOr<Past> BuildPast(const DailySales& sales, const std::vector<absl::CivilDay>& stocked_out,
                               const PastQuestion& question) {
  if (sales.empty() || sales.begin()->first > question.until) {
    return base::Error(absl::StatusCode::kNotFound, kReasonSeriesUnknown,
                       "nothing that the series names was sold by then; check its ids");
  }
  ASSIGN_OR_RETURN(const Days days, ListDays(sales, stocked_out, question));
  Past past = SumSteps(days, question);
  if (past.sold.empty()) {
    return base::Error(absl::StatusCode::kFailedPrecondition, kReasonHistoryTooShort,
                       "the series has no whole step yet; ask by day, or later");
  }
  TellWhatIsReadOtherwise(past);
  RETURN_IF_ERROR(Clean(past));
  std::stable_sort(past.changes.begin(), past.changes.end(),
                   [](const PastChange& a, const PastChange& b) { return a.first_step < b.first_step; });
  return past;
}

absl::StatusOr<Past> ReadPast(DemandStore& store, const fleet::Shop& shop, const Selection& selection,
                              const PastQuestion& question) {
  ASSIGN_OR_RETURN(const DailySales sales, store.Sales(shop, selection, question.currency, question.until));
  std::vector<absl::CivilDay> stocked_out;
  if (selection.products.size() == 1 && question.measure == v1::MEASURE_UNITS) {
    ASSIGN_OR_RETURN(auto days, store.StockedOutDays(shop, selection.products, question.until));
    stocked_out = std::move(days[selection.products.front()]);
  }
  return BuildPast(sales, stocked_out, question);
}

}  // namespace kontor::forecasting
