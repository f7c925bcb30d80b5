#include "services/forecasting/insight_handler.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "libs/base/status.h"
#include "libs/domain/forecasting/anomalies.h"
#include "libs/domain/forecasting/change_points.h"
#include "libs/domain/forecasting/mstl.h"
#include "services/forecasting/check_request.h"
#include "services/forecasting/convert.h"

namespace kontor::forecasting {
namespace {

constexpr double kDefaultRate = 0.01, kLeastRate = 0.0001, kMostRate = 0.2;

double Variance(const std::vector<double>& values) {
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  double sum = 0;
  for (const double value : values) sum += (value - mean) * (value - mean);
  return sum / static_cast<double>(values.size());
}

// max(0, 1 - var(remainder) / var(part + remainder)): Hyndman and Athanasopoulos 2021, section 4.3.
double Strength(const std::vector<double>& part, const std::vector<double>& remainder) {
  std::vector<double> both(part.size());
  std::transform(part.begin(), part.end(), remainder.begin(), both.begin(), std::plus<>());
  const double variance = Variance(both);
  return variance > 0 ? std::max(0.0, 1 - Variance(remainder) / variance) : 0;
}

void AddChangePoints(const Past& past, const Decomposition& parts, const Unit& unit, v1::DecomposeResponse& response) {
  std::vector<double> level(parts.trend);
  std::transform(level.begin(), level.end(), parts.remainder.begin(), level.begin(), std::plus<>());
  for (const ChangePoint& change : FindChangePoints(level, {})) {
    v1::ChangePoint& out = *response.add_change_points();
    *out.mutable_start_date() = DateFrom(FirstDay(past.first_step + static_cast<int64_t>(change.step), past.grain));
    *out.mutable_level_before() = unit(change.before);
    *out.mutable_level_after() = unit(change.after);
  }
}

absl::Status TooShort(const absl::Status& status) {
  if (!absl::IsFailedPrecondition(status)) return status;
  return base::Error(absl::StatusCode::kFailedPrecondition, kReasonHistoryTooShort, status.message());
}

// FAILED_PRECONDITION (HISTORY_TOO_SHORT) for fewer steps than two of the shortest season.
absl::Status CheckLong(const Past& past) {
  const size_t least = 2 * static_cast<size_t>(SeasonsOf(past.grain).front());
  const bool weekly = past.grain == v1::GRAIN_WEEK;  // a year's season is a luxury there
  if (weekly ? past.cleaned.size() >= 8 : past.cleaned.size() >= least) return absl::OkStatus();
  return base::Error(absl::StatusCode::kFailedPrecondition, kReasonHistoryTooShort,
                     "the past is shorter than two seasons; ask by a finer grain, or later");
}

}  // namespace

absl::StatusOr<v1::DecomposeResponse> InsightHandler::Decompose(const runtime::CallContext& call,
                                                                const v1::DecomposeRequest& request) {
  base::Violations violations;
  CheckSelector(request.series(), violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const fleet::Shop* shop, pasts_.FindShop(call.shop));
  ASSIGN_OR_RETURN(const Past past,
                   pasts_.Read(*shop, SelectionFrom(request.series()), request.grain(), request.measure()));
  RETURN_IF_ERROR(CheckLong(past));
  const Series series = past.series();
  const auto parts = Mstl(series, {});
  if (!parts.ok()) return TooShort(parts.status());
  const Unit unit{past.measure, past.currency};
  v1::DecomposeResponse response;
  for (size_t i = 0; i < past.cleaned.size(); ++i) {
    *response.add_start_dates() = DateFrom(FirstDay(past.first_step + static_cast<int64_t>(i), past.grain));
    *response.add_cleaned() = unit(past.cleaned[i]);
    *response.add_trend() = unit(parts->trend[i]);
    *response.add_remainder() = unit(parts->remainder[i]);
  }
  for (size_t s = 0; s < series.seasons.size(); ++s) {
    v1::SeasonalPart& season = *response.add_seasons();
    season.set_length(series.seasons[s]);
    season.set_strength(Strength(parts->seasonal[s], parts->remainder));
    for (const double value : parts->seasonal[s]) *season.add_values() = unit(value);
  }
  response.set_trend_strength(Strength(parts->trend, parts->remainder));
  AddChangePoints(past, *parts, unit, response);
  for (const PastChange& change : past.changes) *response.add_changes() = ChangeFrom(change, past.grain, unit);
  return response;
}

absl::StatusOr<v1::DetectAnomaliesResponse> InsightHandler::DetectAnomalies(const runtime::CallContext& call,
                                                                            const v1::DetectAnomaliesRequest& request) {
  base::Violations violations;
  CheckSelector(request.series(), violations);
  const double rate = request.false_alarm_rate() == 0 ? kDefaultRate : request.false_alarm_rate();
  CheckRange("false_alarm_rate", rate, kLeastRate, kMostRate, violations);
  absl::CivilDay from = absl::CivilDay::min(), to = absl::CivilDay::max();
  if (request.has_start_date() && !ReadDate(request.start_date(), from)) {
    violations.Add("start_date", "DATE_INVALID", "give a day of the calendar from 1990 to 2200");
  }
  if (request.has_end_date() && !ReadDate(request.end_date(), to)) {
    violations.Add("end_date", "DATE_INVALID", "give a day of the calendar from 1990 to 2200");
  }
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const fleet::Shop* shop, pasts_.FindShop(call.shop));
  ASSIGN_OR_RETURN(const Past past,
                   pasts_.Read(*shop, SelectionFrom(request.series()), request.grain(), request.measure()));
  RETURN_IF_ERROR(CheckLong(past));
  const auto anomalies = FindAnomalies(past.series(), rate);
  if (!anomalies.ok()) return TooShort(anomalies.status());
  const Unit unit{past.measure, past.currency};
  v1::DetectAnomaliesResponse response;
  for (const Anomaly& anomaly : *anomalies) {
    const absl::CivilDay day = FirstDay(past.first_step + static_cast<int64_t>(anomaly.step), past.grain);
    if (day < from || day >= to) continue;
    v1::Anomaly& out = *response.add_anomalies();
    *out.mutable_start_date() = DateFrom(day);
    *out.mutable_actual() = unit(anomaly.actual);
    *out.mutable_expected() = unit(anomaly.expected);
    *out.mutable_low() = unit(anomaly.low);
    *out.mutable_high() = unit(anomaly.high);
    out.set_p_value(anomaly.p_value);
  }
  return response;
}

}  // namespace kontor::forecasting
