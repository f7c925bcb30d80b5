#include "libs/domain/analytics/execute.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/status.h"
#include "libs/domain/analytics/plan.h"
#include "libs/domain/analytics/radix_sort.h"
#include "libs/domain/analytics/scan.h"

namespace kontor::analytics {
namespace {

template <typename Key>
uint32_t CodeOf(Key key, const KeyPart& part) {
  return static_cast<uint32_t>(key >> part.shift) & static_cast<uint32_t>((uint64_t{1} << part.bits) - 1);
}

// The distinct texts of the codes that occur, sorted, and the place of each code in them.
struct Ranking {
  std::vector<std::string> values;
  std::vector<uint32_t> rank;  // by code
};

template <typename Key>
Ranking Rank(const std::vector<Key>& keys, const KeyPart& part, const std::optional<TimeBuckets>& buckets) {
  Ranking out;
  out.rank.resize(size_t{1} << part.bits);
  for (const Key key : keys) out.rank[CodeOf(key, part)] = 1;
  std::vector<std::pair<std::string, uint32_t>> used;
  for (uint32_t code = 0; code < out.rank.size(); ++code) {
    if (out.rank[code] != 0)
      used.emplace_back(part.view ? part.view->dictionary->Text(code) : buckets->Label(code), code);
  }
  std::sort(used.begin(), used.end());
  for (auto& [text, code] : used) {
    out.rank[code] = static_cast<uint32_t>(out.values.size());
    out.values.push_back(std::move(text));
  }
  return out;
}

// Ranks are not above the codes' range, so that they fit the same places of a key.
template <typename Key>
std::vector<uint32_t> SortGroups(const std::vector<Key>& keys, const Plan& plan, const std::vector<Ranking>& rankings) {
  std::vector<std::pair<Key, uint32_t>> sorted(keys.size());
  for (uint32_t group = 0; group < keys.size(); ++group) {
    Key key = 0;
    for (size_t k = 0; k < rankings.size(); ++k) {
      key |= Key(rankings[k].rank[CodeOf(keys[group], plan.keys[k])]) << plan.keys[k].shift;
    }
    sorted[group] = {key, group};
  }
  RadixSort(sorted, plan.key_bits, [](const auto& value) { return value.first; });
  std::vector<uint32_t> order(keys.size());
  for (size_t row = 0; row < order.size(); ++row) order[row] = sorted[row].second;
  return order;
}

absl::int128 DivideRounded(absl::int128 numerator, absl::int128 divisor) {
  const absl::int128 half = divisor / 2;
  return numerator < 0 ? (numerator - half) / divisor : (numerator + half) / divisor;
}

Value Evaluate(const MetricInfo& metric, const Plan& plan, const absl::int128* sums) {
  Value value;
  for (const Term& term : metric.terms) value.exact += sums[plan.Slot(term.measure)] * term.sign;
  if (metric.divisor.empty()) return value;
  const absl::int128 divisor = sums[plan.Slot(metric.divisor[0])];
  if (divisor == 0) return {true};
  if (metric.unit == Unit::kRatio) {
    return {false, 0, static_cast<double>(value.exact) / static_cast<double>(divisor)};
  }
  value.exact = DivideRounded(value.exact, divisor);
  return value;
}

bool IsOfMoney(const MetricInfo& metric) { return IsMoney(metric.terms[0].measure); }

template <typename Key>
MetricColumn BuildMetric(const MetricInfo& metric, const Plan& plan, const Scan<Key>& scan,
                         const std::vector<uint32_t>& order, bool several_currencies) {
  MetricColumn column{std::string(metric.name), metric.unit};
  const bool ratio = metric.unit == Unit::kRatio;
  (ratio ? column.ratio.resize(order.size()) : column.exact.resize(order.size()));
  column.is_null.resize(order.size());
  for (size_t row = 0; row < order.size(); ++row) {
    const Value value = Evaluate(metric, plan, scan.sums(order[row]));
    if (value.is_null) column.is_null[row] = true;
    if (ratio) {
      column.ratio[row] = value.ratio;
    } else {
      column.exact[row] = value.exact;
    }
  }
  column.total = Evaluate(metric, plan, scan.totals().data());
  if (several_currencies && IsOfMoney(metric)) column.total = {true};
  return column;
}

bool Less(const MetricColumn& column, uint32_t a, uint32_t b) {
  return column.unit == Unit::kRatio ? column.ratio[a] < column.ratio[b] : column.exact[a] < column.exact[b];
}

template <typename T>
void Permute(std::vector<T>& values, const std::vector<uint32_t>& order) {
  std::vector<T> out(values.size());
  for (size_t row = 0; row < values.size(); ++row) out[row] = values[order[row]];
  values = std::move(out);
}

// Rows come in the order of their keys; a stable sort keeps that among equals.
void Reorder(QueryResult& result, const OrderBy& order_by) {
  std::vector<uint32_t> order(result.rows);
  std::iota(order.begin(), order.end(), 0);
  const bool down = order_by.descending;
  for (const KeyColumn& key : result.keys) {
    if (key.name != order_by.name) continue;
    std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
      return down ? key.codes[b] < key.codes[a] : key.codes[a] < key.codes[b];
    });
  }
  for (const MetricColumn& metric : result.metrics) {
    if (metric.name != order_by.name) continue;
    std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
      if (metric.is_null[a] || metric.is_null[b]) return !metric.is_null[a] && metric.is_null[b];
      return down ? Less(metric, b, a) : Less(metric, a, b);
    });
  }
  for (KeyColumn& key : result.keys) Permute(key.codes, order);
  for (MetricColumn& metric : result.metrics) {
    Permute(metric.is_null, order);
    if (metric.unit == Unit::kRatio) {
      Permute(metric.ratio, order);
    } else {
      Permute(metric.exact, order);
    }
  }
}

std::vector<std::string> CurrenciesOf(const Store& store, const std::vector<uint8_t>& seen) {
  std::vector<std::string> out;
  for (uint32_t code = 0; code < seen.size(); ++code) {
    if (seen[code] != 0) out.push_back(store.dictionary(Column::kCurrency).Text(code));
  }
  std::sort(out.begin(), out.end());
  return out;
}

absl::Status SeveralCurrencies(const std::vector<std::string>& currencies) {
  return base::Error(absl::StatusCode::kInvalidArgument, "SEVERAL_CURRENCIES",
                     absl::StrCat("the figures are in several currencies (", absl::StrJoin(currencies, ", "),
                                  ") that cannot be added; add the dimension currency or filter by one of them"));
}

// Groups and sums as the ordered answer. O(groups × log groups).
template <typename Key>
absl::StatusOr<QueryResult> BuildResult(const Store& store, const Plan& plan, const Scan<Key>& scan,
                                        const OrderBy& order_by) {
  const std::vector<std::string> currencies = CurrenciesOf(store, scan.currencies());
  if (currencies.size() > 1 && !plan.by_currency) return SeveralCurrencies(currencies);
  QueryResult result;
  if (currencies.size() == 1 && !plan.by_currency) result.currency = currencies[0];
  std::vector<Ranking> rankings;
  for (const KeyPart& part : plan.keys) rankings.push_back(Rank(scan.groups(), part, plan.buckets));
  const std::vector<uint32_t> order = SortGroups(scan.groups(), plan, rankings);
  result.rows = order.size();
  for (size_t k = 0; k < plan.keys.size(); ++k) {
    KeyColumn column{plan.keys[k].name, std::move(rankings[k].values), std::vector<uint32_t>(order.size())};
    for (size_t row = 0; row < order.size(); ++row) {
      column.codes[row] = rankings[k].rank[CodeOf(scan.groups()[order[row]], plan.keys[k])];
    }
    result.keys.push_back(std::move(column));
  }
  for (const MetricInfo* metric : plan.metrics) {
    result.metrics.push_back(BuildMetric(*metric, plan, scan, order, currencies.size() > 1));
  }
  if (!order_by.name.empty()) Reorder(result, order_by);
  return result;
}

template <typename Key>
absl::StatusOr<QueryResult> RunWithKey(const Store& store, const Plan& plan, const OrderBy& order_by) {
  Scan<Key> scan(store, plan);
  scan.Run();
  return BuildResult(store, plan, scan, order_by);
}

}  // namespace

absl::StatusOr<QueryResult> Execute(const Store& store, const Query& query) {
  RETURN_IF_ERROR(Validate(query));
  ASSIGN_OR_RETURN(const Plan plan, MakePlan(store, query));
  return plan.key_bits <= 64 ? RunWithKey<uint64_t>(store, plan, query.order_by)
                             : RunWithKey<absl::uint128>(store, plan, query.order_by);
}

}  // namespace kontor::analytics
