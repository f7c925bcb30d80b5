#include "services/forecasting/convert.h"

#include <algorithm>
#include <cmath>

#include "libs/base/money.h"
#include "libs/platform/fleet/event_time.h"
#include "libs/platform/postgres/text_list.h"

namespace kontor::forecasting {
namespace {

constexpr int64_t kCent = base::Decimal::kOne / 100;
constexpr double kMostMoney = 9e9;  // what units and nanos of one amount hold on the log

void SetMoney(absl::int128 nanos, const std::string& currency, google::type::Money& out) {
  out.set_currency_code(currency);
  out.set_units(static_cast<int64_t>(nanos / base::Decimal::kOne));
  out.set_nanos(static_cast<int32_t>(nanos % base::Decimal::kOne));
}

}  // namespace

Selection SelectionFrom(const v1::SeriesSelector& selector) {
  return {{selector.product_ids().begin(), selector.product_ids().end()},
          {selector.category_path().begin(), selector.category_path().end()},
          selector.brand(),
          selector.store_id(),
          selector.country()};
}

std::optional<Node> NodeOf(const Selection& selection) {
  if (!selection.brand.empty() || !selection.store.empty() || !selection.country.empty()) return std::nullopt;
  if (selection.products.empty() && selection.category.empty()) return Node{Level::kShop, ""};
  if (selection.products.empty()) return Node{Level::kCategory, postgres::JoinList(selection.category)};
  if (selection.products.size() == 1 && selection.category.empty()) {
    return Node{Level::kProduct, selection.products.front()};
  }
  return std::nullopt;
}

Selection SelectionOf(const Node& node) {
  Selection selection;
  if (node.level == Level::kProduct) selection.products = {node.id};
  if (node.level == Level::kCategory) {
    for (const absl::string_view level : postgres::SplitList(node.id)) selection.category.emplace_back(level);
  }
  return selection;
}

v1::SeriesSelector SelectorOf(const Node& node) {
  const Selection selection = SelectionOf(node);
  v1::SeriesSelector selector;
  for (const std::string& product : selection.products) selector.add_product_ids(product);
  for (const std::string& level : selection.category) selector.add_category_path(level);
  return selector;
}

google::type::Money MoneyFrom(double amount, const std::string& currency) {
  google::type::Money money;
  const double cents = std::round(std::min(std::max(amount, -kMostMoney), kMostMoney) * 100);
  SetMoney(absl::int128(static_cast<int64_t>(cents)) * kCent, currency, money);
  return money;
}

v1::Value Unit::operator()(double amount) const {
  v1::Value value;
  if (measure == v1::MEASURE_REVENUE) {
    *value.mutable_revenue() = MoneyFrom(amount, currency);
  } else {
    value.set_units(amount);
  }
  return value;
}

v1::Value Unit::Exact(absl::int128 nanos) const {
  v1::Value value;
  if (measure == v1::MEASURE_REVENUE) {
    SetMoney(nanos, currency, *value.mutable_revenue());
  } else {
    value.set_units(static_cast<double>(nanos) / base::Decimal::kOne);
  }
  return value;
}

v1::SeriesChange ChangeFrom(const PastChange& change, v1::Grain grain, const Unit& unit) {
  v1::SeriesChange out;
  out.set_kind(change.kind);
  *out.mutable_start_date() = DateFrom(FirstDay(change.first_step, grain));
  *out.mutable_end_date() = DateFrom(LastDay(change.last_step, grain));
  if (change.kind != v1::SeriesChange::KIND_DISCONTINUED) {
    *out.mutable_before() = unit(change.before);
    *out.mutable_after() = unit(change.after);
  }
  return out;
}

v1::ForecastRun RunFrom(const Run& run) {
  v1::ForecastRun out;
  out.set_name(RunName(run));
  out.set_state(run.state);
  *out.mutable_data_until() = DateFrom(run.data_until);
  fleet::SetTime(run.create_time, *out.mutable_create_time());
  if (run.end_time.has_value()) fleet::SetTime(*run.end_time, *out.mutable_end_time());
  out.set_series_total(run.series_total);
  out.set_series_done(run.series_done);
  out.set_engine_version(run.engine_version);
  out.set_error(run.error);
  return out;
}

void AddPoints(int64_t first_step, v1::Grain grain, const Unit& unit, Values mean,
               const std::vector<std::vector<double>>& quantiles, absl::Span<const double> probabilities,
               google::protobuf::RepeatedPtrField<v1::ForecastPoint>& points) {
  for (size_t i = 0; i < mean.size(); ++i) {
    v1::ForecastPoint& point = *points.Add();
    *point.mutable_start_date() = DateFrom(FirstDay(first_step + static_cast<int64_t>(i), grain));
    *point.mutable_mean() = unit(mean[i]);
    for (size_t q = 0; q < probabilities.size(); ++q) {
      v1::QuantileValue& quantile = *point.add_quantiles();
      quantile.set_probability(probabilities[q]);
      *quantile.mutable_value() = unit(quantiles[i][q]);
    }
  }
}

void AddPast(const Past& past, int steps, v1::ForecastResponse& response) {
  const Unit unit{past.measure, past.currency};
  for (const PastChange& change : past.changes) *response.add_changes() = ChangeFrom(change, past.grain, unit);
  const size_t size = past.sold.size();
  for (size_t i = size - std::min(size, static_cast<size_t>(steps)); i < size; ++i) {
    v1::Observation& observation = *response.add_history();
    *observation.mutable_start_date() = DateFrom(FirstDay(past.first_step + static_cast<int64_t>(i), past.grain));
    *observation.mutable_value() = unit.Exact(past.sold[i]);
    const double sold = static_cast<double>(past.sold[i]) / base::Decimal::kOne;
    if (past.cleaned[i] != sold) *observation.mutable_cleaned() = unit(past.cleaned[i]);
  }
}

}  // namespace kontor::forecasting
