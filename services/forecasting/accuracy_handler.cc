#include "services/forecasting/accuracy_handler.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/str_format.h"
#include "libs/base/status.h"
#include "libs/domain/forecasting/automatic.h"
#include "libs/domain/forecasting/forecast_change.h"
#include "services/forecasting/accuracy_reader.h"
#include "services/forecasting/check_request.h"
#include "services/forecasting/convert.h"
#include "services/forecasting/convert_accuracy.h"

namespace kontor::forecasting {
namespace {

constexpr int kDefaultDays = 90;
constexpr char kSeriesNotStored[] = "SERIES_NOT_STORED";

const char* LevelName(Level level) {
  return level == Level::kShop ? "shop" : level == Level::kCategory ? "category" : "product";
}

// The grain that runs store, and the series that they hold.
absl::StatusOr<std::optional<Node>> CheckStored(bool has_series, const v1::SeriesSelector& series, v1::Grain grain) {
  base::Violations violations;
  if (grain == v1::GRAIN_MONTH) violations.Add("grain", "OUT_OF_RANGE", "runs forecast by day and by week");
  std::optional<Node> node;
  if (has_series) {
    node = NodeOf(SelectionFrom(series));
    if (!node.has_value()) {
      violations.Add("series", kSeriesNotStored, "runs forecast single products, categories and the whole shop");
    }
  }
  RETURN_IF_ERROR(violations.ToStatus());
  return node;
}

double Sum(Values values) { return std::accumulate(values.begin(), values.end(), 0.0); }

// The steps that two forecasts share.
struct Overlap {
  int64_t first = 0;
  size_t size = 0;

  Values Of(const StoredForecast& forecast) const {
    return Values(forecast.mean).subspan(static_cast<size_t>(first - forecast.first_step), size);
  }
};

Overlap OverlapOf(const StoredForecast& earlier, const StoredForecast& later) {
  Overlap overlap{std::max(earlier.first_step, later.first_step), 0};
  const int64_t end = std::min(earlier.first_step + static_cast<int64_t>(earlier.mean.size()),
                               later.first_step + static_cast<int64_t>(later.mean.size()));
  overlap.size = static_cast<size_t>(std::max<int64_t>(0, end - overlap.first));
  return overlap;
}

// What a forecast was before it was moved to agree with other levels.
std::vector<double> BaseOf(const StoredForecast& forecast, const Overlap& overlap) {
  const double total = Sum(forecast.mean), factor = total > 0 ? forecast.base_total / total : 1;
  std::vector<double> base;
  for (const double mean : overlap.Of(forecast)) base.push_back(mean * factor);
  return base;
}

// The same without what the market does.
std::vector<double> PlainOf(const StoredForecast& forecast, const Overlap& overlap) {
  std::vector<double> plain = BaseOf(forecast, overlap);
  if (forecast.multipliers.empty()) return plain;
  const auto skipped = static_cast<size_t>(overlap.first - forecast.first_step);
  for (size_t i = 0; i < plain.size(); ++i) plain[i] /= forecast.multipliers[skipped + i];
  return plain;
}

// The overlap's steps by a method from a past.
absl::StatusOr<std::vector<double>> ForecastBy(const std::string& method, const Past& past, const Overlap& overlap) {
  AutomaticOptions options;
  const int64_t skipped = overlap.first - past.next_step();
  options.horizon = static_cast<int>(skipped + static_cast<int64_t>(overlap.size));
  options.levels = {0.5};
  options.method = method;
  ASSIGN_OR_RETURN(const AutomaticForecast forecast, ForecastAutomatically(past.series(), options));
  const auto begin = forecast.prediction.mean.begin() + static_cast<ptrdiff_t>(skipped);
  return std::vector<double>(begin, forecast.prediction.mean.end());
}

void AddPart(v1::ChangePart::Kind kind, double units, const char* why, v1::ExplainForecastChangeResponse& response) {
  v1::ChangePart& part = *response.add_parts();
  part.set_kind(kind);
  part.set_units(units);
  part.set_sentence(absl::StrFormat("%+.1f units: %s", units, why));
}

}  // namespace

absl::StatusOr<v1::GetAccuracyResponse> AccuracyHandler::GetAccuracy(const runtime::CallContext& call,
                                                                     const v1::GetAccuracyRequest& request) {
  AccuracyQuestion question;
  question.grain = GrainOr(request.grain());
  ASSIGN_OR_RETURN(question.node, CheckStored(request.has_series(), request.series(), question.grain));
  ASSIGN_OR_RETURN(const fleet::Shop* shop, parts_.pasts.FindShop(call.shop));
  ASSIGN_OR_RETURN(const absl::CivilDay last, parts_.pasts.LastWholeDay(*shop));
  base::Violations violations;
  question.to = last;
  if (request.has_end_date()) {
    if (!ReadDate(request.end_date(), question.to)) violations.Add("end_date", "DATE_INVALID", "give a day");
    --question.to;
  }
  question.from = question.to - kDefaultDays;
  if (request.has_start_date() && (!ReadDate(request.start_date(), question.from) || question.from > question.to)) {
    violations.Add("start_date", "DATE_INVALID", "give a day before end_date");
  }
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const AccuracyReport report,
                   MeasureAccuracy(parts_.pasts, parts_.demand, parts_.runs, *shop, question));
  v1::GetAccuracyResponse response;
  response.set_runs(report.runs);
  for (const auto& [level, score] : report.levels) {
    v1::LevelAccuracy& out = *response.add_levels();
    out.set_level(request.has_series() ? "series" : LevelName(level));
    out.set_series(score.series);
    *out.mutable_accuracy() = AccuracyFrom(score.monitor.Overall());
  }
  if (!report.levels.empty()) {
    const AccuracyMonitor& lowest = report.levels.rbegin()->second.monitor;
    for (int step = 1; step <= lowest.horizon(); ++step) {
      v1::HorizonAccuracy& out = *response.add_horizons();
      out.set_steps_ahead(step);
      *out.mutable_accuracy() = AccuracyFrom(lowest.AtStep(step));
    }
  }
  for (const DriftingSeries& drifting : report.drifts) {
    v1::ForecastDrift& out = *response.add_drifts();
    *out.mutable_series() = SelectorOf(drifting.node);
    out.set_tracking_signal(drifting.tracking_signal);
    out.set_bias(drifting.bias);
  }
  return response;
}

absl::StatusOr<Run> AccuracyHandler::RunOf(absl::string_view field, const std::string& name, const std::string& shop,
                                           int64_t before) {
  if (name.empty()) return parts_.runs.NewestDone(shop, before);
  const std::optional<int64_t> number = RunNumber(name, shop);
  if (number.has_value()) return parts_.runs.Get(shop, *number);
  base::Violations violations;
  violations.Add(field, "NAME_INVALID", "give shops/{shop}/forecastRuns/{run}");
  return violations.ToStatus();
}

absl::StatusOr<v1::ExplainForecastChangeResponse> AccuracyHandler::ExplainForecastChange(
    const runtime::CallContext& call, const v1::ExplainForecastChangeRequest& request) {
  const v1::Grain grain = GrainOr(request.grain());
  ASSIGN_OR_RETURN(const std::optional<Node> node, CheckStored(true, request.series(), grain));
  ASSIGN_OR_RETURN(const fleet::Shop* shop, parts_.pasts.FindShop(call.shop));
  ASSIGN_OR_RETURN(const Run run, RunOf("run", request.run(), call.shop, 0));
  ASSIGN_OR_RETURN(const Run before, RunOf("earlier_run", request.earlier_run(), call.shop, run.number));
  ASSIGN_OR_RETURN(const StoredForecast earlier, parts_.runs.Read(call.shop, before.number, grain, *node));
  ASSIGN_OR_RETURN(const StoredForecast later, parts_.runs.Read(call.shop, run.number, grain, *node));
  const Overlap overlap = OverlapOf(earlier, later);
  if (overlap.size == 0 || earlier.first_step > later.first_step) {
    return base::Error(absl::StatusCode::kFailedPrecondition, "RUNS_APART",
                       "the runs forecast no step in common, or the earlier one knows more; name two nearer ones");
  }
  const Selection selection = SelectionOf(*node);
  ASSIGN_OR_RETURN(const Past then, parts_.pasts.Read(*shop, selection, grain, v1::MEASURE_UNITS, before.data_until));
  ASSIGN_OR_RETURN(const Past now, parts_.pasts.Read(*shop, selection, grain, v1::MEASURE_UNITS, run.data_until));
  const double earlier_base = Sum(BaseOf(earlier, overlap)), later_base = Sum(BaseOf(later, overlap));
  const std::vector<double> plain = PlainOf(later, overlap);
  const double earlier_plain = Sum(PlainOf(earlier, overlap));
  ASSIGN_OR_RETURN(const std::vector<double> reread, ForecastBy(earlier.method, then, overlap));
  ASSIGN_OR_RETURN(const std::vector<double> renewed, ForecastBy(earlier.method, now, overlap));
  ASSIGN_OR_RETURN(const ForecastChange change,
                   ExplainChange({reread, renewed, renewed, renewed, plain}, SeasonsOf(grain).front()));
  v1::ExplainForecastChangeResponse response;
  response.set_earlier_run(RunName(before));
  response.set_run(RunName(run));
  *response.mutable_start_date() = DateFrom(FirstDay(overlap.first, grain));
  *response.mutable_end_date() = DateFrom(LastDay(overlap.first + static_cast<int64_t>(overlap.size) - 1, grain));
  response.set_earlier_units(Sum(overlap.Of(earlier)));
  response.set_units(Sum(overlap.Of(later)));
  AddPart(v1::ChangePart::KIND_LEVEL, Sum(change.level), "sales since then moved the level", response);
  AddPart(v1::ChangePart::KIND_TREND, Sum(change.trend), "sales since then moved the slope", response);
  AddPart(v1::ChangePart::KIND_SEASON, Sum(change.season), "sales since then moved the season", response);
  AddPart(v1::ChangePart::KIND_OTHER, Sum(change.other), "sales since then moved single steps", response);
  AddPart(v1::ChangePart::KIND_REREAD_PAST, Sum(reread) - earlier_plain,
          "late orders, cancellations and stock counts changed what the past says", response);
  AddPart(v1::ChangePart::KIND_METHOD, Sum(change.model), "another model is trusted now", response);
  AddPart(v1::ChangePart::KIND_MARKET, later_base - Sum(plain) - (earlier_base - earlier_plain),
          "promotions, the calendar and the weather", response);
  AddPart(v1::ChangePart::KIND_RECONCILIATION,
          response.units() - later_base - (response.earlier_units() - earlier_base),
          "agreement with the forecasts of other levels", response);
  const auto largest =
      std::max_element(response.parts().begin(), response.parts().end(),
                       [](const auto& a, const auto& b) { return std::abs(a.units()) < std::abs(b.units()); });
  response.set_sentence(absl::StrFormat("%.1f units instead of %.1f; most of it: %s", response.units(),
                                        response.earlier_units(), largest->sentence()));
  return response;
}

}  // namespace kontor::forecasting
