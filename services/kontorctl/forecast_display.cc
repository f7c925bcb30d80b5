#include "services/kontorctl/forecast_display.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "libs/base/money.h"
#include "services/kontorctl/text_table.h"

namespace kontor::ctl {
namespace {

namespace v1 = kontor::forecasting::v1;

std::string Day(const google::type::Date& date) {
  return absl::StrFormat("%04d-%02d-%02d", date.year(), date.month(), date.day());
}

std::string Number(double value) {
  return std::abs(value) >= 100 ? base::FormatRounded(absl::int128(std::llround(value)) * base::Decimal::kOne, 0)
                                : absl::StrFormat("%.1f", value);
}

std::string Money(const google::type::Money& money) {
  return absl::StrCat(base::FormatRounded(absl::int128(money.units()) * base::Decimal::kOne + money.nanos(), 2), " ",
                      money.currency_code());
}

std::string Amount(const v1::Value& value) {
  return value.has_revenue() ? Money(value.revenue()) : Number(value.units());
}

void Add(const v1::Value& value, v1::Value& sum) {
  if (!value.has_revenue()) return sum.set_units(sum.units() + value.units());
  google::type::Money& money = *sum.mutable_revenue();
  const absl::int128 nanos = (absl::int128(money.units()) + value.revenue().units()) * base::Decimal::kOne +
                             money.nanos() + value.revenue().nanos();
  money.set_currency_code(value.revenue().currency_code());
  money.set_units(static_cast<int64_t>(nanos / base::Decimal::kOne));
  money.set_nanos(static_cast<int32_t>(nanos % base::Decimal::kOne));
}

std::string Percent(double share) { return absl::StrFormat("%.1f%%", 100 * share); }

template <typename Message>
std::string Percent(const Message& message, bool has, double share) {
  return has ? Percent(share) : "–";
}

std::string Plain(absl::string_view name, absl::string_view prefix) {
  return absl::AsciiStrToLower(name.substr(std::min(prefix.size(), name.size())));
}

void WriteFactor(std::string* text, const v1::ForecastFactor& factor) {
  absl::StrAppend(text, factor.title(), absl::StrFormat(": %+.1f%%", factor.effect_percent()));
}

std::string SeriesName(const v1::SeriesSelector& series) {
  if (!series.product_ids().empty()) return series.product_ids(0);
  return series.category_path().empty() ? "the whole shop" : absl::StrJoin(series.category_path(), " / ");
}

std::vector<std::string> AccuracyCells(const v1::Accuracy& accuracy) {
  const auto ratio = [](bool has, double value) { return has ? absl::StrFormat("%.3f", value) : std::string("–"); };
  return {Percent(accuracy, accuracy.has_wape(), accuracy.wape()),
          ratio(accuracy.has_mase(), accuracy.mase()),
          ratio(accuracy.has_rmsse(), accuracy.rmsse()),
          Percent(accuracy, accuracy.has_bias(), accuracy.bias()),
          Percent(accuracy, accuracy.has_coverage_80(), accuracy.coverage_80()),
          Percent(accuracy, accuracy.has_value_added(), accuracy.value_added())};
}

constexpr const char* kAccuracyHeader[] = {"WAPE", "MASE", "RMSSE", "bias", "in 80%", "better than naive by"};

std::vector<std::string> WithAccuracyHeader(std::vector<std::string> header) {
  header.insert(header.end(), std::begin(kAccuracyHeader), std::end(kAccuracyHeader));
  return header;
}

template <typename... Cells>
std::vector<std::string> Row(const v1::Accuracy& accuracy, Cells... cells) {
  std::vector<std::string> row = {cells...};
  const std::vector<std::string> figures = AccuracyCells(accuracy);
  row.insert(row.end(), figures.begin(), figures.end());
  return row;
}

}  // namespace

std::string Show(const v1::ForecastResponse& response) {
  std::vector<std::string> header = {"from", "forecast"};
  if (!response.points().empty()) {
    for (const v1::QuantileValue& quantile : response.points(0).quantiles()) {
      header.push_back(absl::StrFormat("%g%%", 100 * quantile.probability()));
    }
  }
  TextTable table(header);
  for (const v1::ForecastPoint& point : response.points()) {
    std::vector<std::string> row = {Day(point.start_date()), Amount(point.mean())};
    for (const v1::QuantileValue& quantile : point.quantiles()) row.push_back(Amount(quantile.value()));
    table.Add(std::move(row));
  }
  std::string text = table.Text();
  absl::StrAppend(&text, "  by ", response.model(), "\n  sales known until ", Day(response.data_until()));
  if (response.has_backtest_wape()) {
    absl::StrAppend(&text, "; tried on the past it was off by ", Percent(response.backtest_wape()));
    if (response.has_backtest_naive_wape()) {
      absl::StrAppend(&text, ", the seasonal naive by ", Percent(response.backtest_naive_wape()));
    }
  }
  absl::StrAppend(&text, "\n");
  for (const v1::ForecastComponent& component : response.components()) {
    double sum = 0;
    for (const v1::Value& value : component.values()) sum += value.units();
    absl::StrAppend(&text, "  ", component.title(), ": ", Number(sum), " units over all steps\n");
  }
  for (const v1::ForecastFactor& factor : response.factors()) {
    absl::StrAppend(&text, "  ");
    WriteFactor(&text, factor);
    absl::StrAppend(&text, "\n");
  }
  if (!response.factors().empty()) {
    absl::StrAppend(&text, "  with these a backtest was off by ", Percent(response.factors_wape()), ", without by ",
                    Percent(response.factorless_wape()), "\n");
  }
  for (const std::string& note : response.notes()) absl::StrAppend(&text, "  ", note, "\n");
  return text;
}

std::string Show(const v1::ForecastHierarchyResponse& response) {
  const bool moved = std::any_of(response.nodes().begin(), response.nodes().end(),
                                 [](const v1::HierarchyForecast& node) { return node.factors_size() > 0; });
  std::vector<std::string> header = {"series", "forecast"};
  if (moved) header.emplace_back("moved by");
  TextTable table(header);
  for (const v1::HierarchyForecast& node : response.nodes()) {
    std::vector<std::string> names;
    for (const v1::HierarchyKey& key : node.keys()) names.push_back(key.value().empty() ? "(none)" : key.value());
    v1::Value sum;
    for (const v1::ForecastPoint& point : node.points()) Add(point.mean(), sum);
    std::vector<std::string> row = {names.empty() ? "all" : absl::StrJoin(names, " > "), Amount(sum)};
    if (moved) row.push_back(absl::StrJoin(node.factors(), ", ", WriteFactor));
    table.Add(std::move(row));
  }
  const auto name = [](v1::ForecastHierarchyRequest::Method method) {
    return method == v1::ForecastHierarchyRequest::METHOD_UNSPECIFIED
               ? std::string("not made to agree")
               : Plain(v1::ForecastHierarchyRequest::Method_Name(method), "METHOD_");
  };
  std::string text = absl::StrCat(table.Text(), "  made to agree by ", name(response.method()), "\n");
  if (response.errors().empty()) return text;
  TextTable errors({"method", "off by", "at the top", "at the bottom"});
  std::string refused;
  for (const v1::HierarchyMethodError& error : response.errors()) {
    if (!error.refused_text().empty()) {
      absl::StrAppend(&refused, "  ", name(error.method()), ": ", error.refused_text(), "\n");
      continue;
    }
    errors.Add({name(error.method()), Percent(error, error.has_wape(), error.wape()),
                Percent(error, error.has_top_wape(), error.top_wape()),
                Percent(error, error.has_bottom_wape(), error.bottom_wape())});
  }
  return absl::StrCat(text, errors.Text(), refused);
}

std::string Show(const v1::DecomposeResponse& response) {
  std::string text = absl::StrFormat("  trend strength %.2f", response.trend_strength());
  for (const v1::SeasonalPart& season : response.seasons()) {
    absl::StrAppendFormat(&text, ", season of %d steps %.2f", season.length(), season.strength());
  }
  absl::StrAppend(&text, "\n");
  for (const v1::ChangePoint& point : response.change_points()) {
    absl::StrAppend(&text, "  from ", Day(point.start_date()), " on ", Amount(point.level_after()), " instead of ",
                    Amount(point.level_before()), "\n");
  }
  constexpr int kRows = 28;
  std::vector<std::string> header = {"from", "value", "trend"};
  for (const v1::SeasonalPart& season : response.seasons()) header.push_back(absl::StrCat("season ", season.length()));
  header.emplace_back("rest");
  TextTable table(header);
  for (int i = std::max(0, response.start_dates_size() - kRows); i < response.start_dates_size(); ++i) {
    std::vector<std::string> row = {Day(response.start_dates(i)), Amount(response.cleaned(i)),
                                    Amount(response.trend(i))};
    for (const v1::SeasonalPart& season : response.seasons()) row.push_back(Amount(season.values(i)));
    row.push_back(Amount(response.remainder(i)));
    table.Add(std::move(row));
  }
  return absl::StrCat(text, table.Text());
}

std::string Show(const v1::BacktestResponse& last) {
  TextTable table(WithAccuracyHeader({"method"}));
  std::string refused;
  for (const v1::MethodAccuracy& method : last.summary()) {
    if (method.has_accuracy()) {
      table.Add(Row(method.accuracy(), method.method()));
    } else {
      refused += absl::StrCat("  ", method.method(), ": ", method.refused_text(), "\n");
    }
  }
  return absl::StrCat(table.Text(), refused);
}

std::string Show(const v1::GetAccuracyResponse& response) {
  TextTable table(WithAccuracyHeader({"level", "series"}));
  for (const v1::LevelAccuracy& level : response.levels()) {
    table.Add(Row(level.accuracy(), level.level(), absl::StrCat(level.series())));
  }
  std::string text = absl::StrCat("  forecasts of ", response.runs(), " runs beside what came\n", table.Text());
  constexpr int kDrifts = 5;
  for (int i = 0; i < std::min(kDrifts, response.drifts_size()); ++i) {
    const v1::ForecastDrift& drift = response.drifts(i);
    absl::StrAppend(&text, "  drifts: ", SeriesName(drift.series()), ", bias ", Percent(drift.bias()), "\n");
  }
  if (response.drifts_size() > kDrifts) {
    absl::StrAppend(&text, "  and ", response.drifts_size() - kDrifts, " more that drift\n");
  }
  return text;
}

std::string Show(const v1::ExplainForecastChangeResponse& response) {
  TextTable table({"units", "because of"});
  for (const v1::ChangePart& part : response.parts()) {
    table.Add({absl::StrFormat("%+.1f", part.units()), Plain(v1::ChangePart::Kind_Name(part.kind()), "KIND_")});
  }
  return absl::StrCat("  ", Day(response.start_date()), " to ", Day(response.end_date()), ": ", response.sentence(),
                      "\n", table.Text());
}

std::string Show(const v1::DetectAnomaliesResponse& response) {
  TextTable table({"from", "sold", "expected", "usual from", "to", "chance"});
  for (const v1::Anomaly& anomaly : response.anomalies()) {
    table.Add({Day(anomaly.start_date()), Amount(anomaly.actual()), Amount(anomaly.expected()), Amount(anomaly.low()),
               Amount(anomaly.high()), absl::StrFormat("%.1g", anomaly.p_value())});
  }
  return table.Text();
}

std::string Show(const v1::ListTrendsResponse& response) {
  TextTable table({"series", "title", "units a week", "change a week", "95% from", "to", "over a year"});
  for (const v1::Trend& trend : response.trends()) {
    table.Add({SeriesName(trend.series()), trend.title(), Number(trend.units_per_week()),
               absl::StrFormat("%+.2f", trend.slope()), absl::StrFormat("%+.2f", trend.slope_low()),
               absl::StrFormat("%+.2f", trend.slope_high()),
               Percent(trend, trend.has_year_over_year(), trend.year_over_year())});
  }
  return table.Text();
}

std::string Show(const v1::ForecastRun& run) {
  std::string text =
      absl::StrCat("  ", run.name(), " ", Plain(v1::ForecastRun::State_Name(run.state()), "STATE_"), ", ",
                   run.series_done(), " of ", run.series_total(), " series, sales until ", Day(run.data_until()));
  if (!run.error().empty()) absl::StrAppend(&text, ": ", run.error());
  return absl::StrCat(text, "\n");
}

std::string Show(const v1::PlanInventoryResponse& response) {
  TextTable table({"product", "title", "in stock", "days of cover", "wanted", "reorder at", "order", "out on"});
  for (const v1::ProductPlan& plan : response.plans()) {
    table.Add({plan.product_id(), plan.title(), plan.has_position() ? Number(plan.position().on_hand()) : "–",
               plan.has_position() ? Number(plan.days_of_cover()) : "–", Number(plan.demand_mean()),
               Number(plan.reorder_point()), plan.order_quantity() > 0 ? Number(plan.order_quantity()) : "–",
               plan.has_stock_out_date() ? Day(plan.stock_out_date()) : "–"});
  }
  return absl::StrCat(table.Text(), "  ", response.total_size(), " products, ", response.to_order(),
                      " to order; lead time ", response.policy().lead_time_days(), " days, review every ",
                      response.policy().review_days(), ", service ", Percent(response.policy().service_level()), "\n");
}

std::string Show(const v1::SimulateInventoryResponse& response) {
  TextTable table({"service aimed at", "reached", "of demand met", "mean stock", "capital", "units lost", "orders"});
  for (const v1::ServiceCost& level : response.levels()) {
    table.Add({Percent(level.service_level()), Percent(level.cycle_service()), Percent(level.fill_rate()),
               Number(level.mean_stock_units()),
               level.working_capital().units() != 0 ? Money(level.working_capital()) : "–", Number(level.lost_units()),
               Number(level.orders())});
  }
  return table.Text();
}

}  // namespace kontor::ctl
