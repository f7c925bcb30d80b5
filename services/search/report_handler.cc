#include "services/search/report_handler.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/domain/search/activity.h"
#include "libs/domain/search/interleave.h"
#include "libs/domain/search/suggest.h"
#include "libs/platform/fleet/event_time.h"
#include "services/search/curation_store.h"

namespace kontor::search {
namespace {

constexpr int kDefaultQueries = 20, kMaxQueries = 1'000;
constexpr size_t kShownProducts = 10, kShownSynonyms = 3;
constexpr int64_t kDayUs = 86'400'000'000, kLowClickSearches = 20;
constexpr double kNormal95 = 1.959964;
constexpr absl::Duration kDefaultPeriod = absl::Hours(24 * 30);

// One query within the period.
struct QueryRow {
  const Activity::QueryRow* query = nullptr;
  SearchCounts counts;
};

double Share(int64_t part, int64_t of) { return of == 0 ? 0 : static_cast<double>(part) / static_cast<double>(of); }

void AddMoney(const std::string& currency, int64_t nanos,
              google::protobuf::RepeatedPtrField<google::type::Money>& out) {
  google::type::Money& money = *out.Add();
  money.set_currency_code(currency);
  money.set_units(nanos / 1'000'000'000);
  money.set_nanos(static_cast<int32_t>(nanos % 1'000'000'000));
}

// `all`: of every query, for what a search with results brings.
void SetFigures(const SearchCounts& counts, const SearchCounts& all, v1::SearchFigures& out) {
  out.set_searches(counts.searches);
  out.set_without_results(counts.without_results);
  out.set_clicks(counts.clicks);
  out.set_click_through_rate(Share(counts.clicked_searches, counts.searches));
  out.set_cart_rate(Share(counts.cart_searches, counts.searches));
  out.set_conversion_rate(Share(counts.bought_searches, counts.searches));
  out.set_mean_reciprocal_rank(counts.searches == 0 ? 0
                                                    : counts.reciprocal_ranks / static_cast<double>(counts.searches));
  for (const auto& [currency, nanos] : counts.revenue_nanos) AddMoney(currency, nanos, *out.mutable_revenue());
  const int64_t found = all.searches - all.without_results;
  if (found <= 0 || counts.without_results == 0) return;
  for (const auto& [currency, nanos] : all.revenue_nanos) {
    AddMoney(currency, nanos / found * counts.without_results, *out.mutable_lost_revenue());
  }
}

void SetQuery(const QueryRow& row, const SearchCounts& all, v1::QueryFigures& out) {
  out.set_query(row.query->text);
  SetFigures(row.counts, all, *out.mutable_figures());
  std::vector<std::pair<double, std::string>> products;
  for (const auto& [product, weight] : row.query->products) products.emplace_back(-weight, product);
  std::sort(products.begin(), products.end());
  for (size_t i = 0; i < std::min(kShownProducts, products.size()); ++i) out.add_product_ids(products[i].second);
}

// Queries that bring something and that somebody who typed this may have meant.
void SetSynonyms(const SuggestIndex* suggestions, v1::QueryFigures& out) {
  if (suggestions == nullptr) return;
  SuggestOptions options;
  options.limit = kShownSynonyms;
  options.quotas = {kShownSynonyms, kShownSynonyms, kShownSynonyms, 0};
  for (const Suggestion& suggestion : suggestions->Suggest(out.query(), options)) {
    if (suggestion.text != out.query()) out.add_suggested_synonyms(suggestion.text);
  }
}

void SetExperiment(const std::string& name, const ExperimentCounts& counts, v1::ExperimentFigures& out) {
  out.set_experiment(name);
  SetFigures(counts.baseline, counts.baseline, *out.mutable_baseline());
  SetFigures(counts.candidate, counts.candidate, *out.mutable_candidate());
  const double a = out.baseline().click_through_rate(), b = out.candidate().click_through_rate();
  const auto n = static_cast<double>(counts.baseline.searches), m = static_cast<double>(counts.candidate.searches);
  if (n > 0 && m > 0) {
    const double half = kNormal95 * std::sqrt(a * (1 - a) / n + b * (1 - b) / m);
    out.set_click_through_difference(b - a);
    out.set_click_through_difference_low(b - a - half);
    out.set_click_through_difference_high(b - a + half);
  }
  const TeamPreference preference(counts.baseline_wins, counts.candidate_wins, counts.ties);
  out.set_candidate_wins(preference.b());
  out.set_baseline_wins(preference.a());
  out.set_ties(preference.ties());
  out.set_preference(preference.Delta());
  out.set_p_value(preference.PValue());
}

void SetExperiments(const Activity& activity, const std::string& shop, int32_t first_day, int32_t last_day,
                    v1::SearchReport& report) {
  for (const auto& [id, days] : activity.experiments()) {
    ExperimentCounts counts;
    const auto end = days.upper_bound(last_day);
    const auto begin = days.lower_bound(first_day);
    if (begin == end) continue;
    for (auto day = begin; day != end; ++day) counts.Add(day->second);
    SetExperiment(CurationName<ExperimentKind>(shop, id), counts, *report.add_experiments());
  }
}

template <typename Less>
std::vector<const QueryRow*> Sorted(const std::vector<QueryRow>& rows, size_t most, bool (*keep)(const QueryRow&),
                                    Less less) {
  std::vector<const QueryRow*> list;
  for (const QueryRow& row : rows) {
    if (keep(row)) list.push_back(&row);
  }
  std::sort(list.begin(), list.end(), [&](const QueryRow* a, const QueryRow* b) {
    if (less(*a) != less(*b)) return less(*a) < less(*b);
    return a->query->text < b->query->text;
  });
  list.resize(std::min(most, list.size()));
  return list;
}

}  // namespace

absl::StatusOr<v1::SearchReport> ReportHandler::GetSearchReport(const runtime::CallContext& call,
                                                                const v1::GetSearchReportRequest& request) const {
  const ShopSearch* search = parts_.follower.Find(call.shop);
  if (search == nullptr) return absl::NotFoundError(absl::StrCat("shops/", call.shop, " is not served here"));
  const absl::Time end = request.has_end_time() ? fleet::TimeOf(request.end_time()) : search->newest_event();
  const absl::Time start = request.has_start_time() ? fleet::TimeOf(request.start_time()) : end - kDefaultPeriod;
  base::Violations violations;
  if (start > end) violations.Add("start_time", "TIME_INVALID", "let it be before end_time");
  if (request.max_queries() < 0 || request.max_queries() > kMaxQueries) {
    violations.Add("max_queries", "OUT_OF_RANGE", "give 1 to 1,000, or 0 for 20");
  }
  RETURN_IF_ERROR(violations.ToStatus());
  const auto first_day = static_cast<int32_t>(absl::ToUnixMicros(start) / kDayUs);
  const auto last_day = static_cast<int32_t>(absl::ToUnixMicros(end) / kDayUs);
  const auto most = static_cast<size_t>(request.max_queries() == 0 ? kDefaultQueries : request.max_queries());
  v1::SearchReport report;
  fleet::SetTime(start, *report.mutable_start_time());
  fleet::SetTime(end, *report.mutable_end_time());
  const std::shared_ptr<const Companions> companions = search->companions();
  search->ReadActivity([&](const Activity& activity) {
    SetExperiments(activity, call.shop, first_day, last_day, report);
    std::vector<QueryRow> rows;
    SearchCounts all;
    for (const auto& [form, query] : activity.queries()) {
      QueryRow row{&query, {}};
      for (auto day = query.days.lower_bound(first_day); day != query.days.end() && day->first <= last_day; ++day) {
        row.counts.Add(day->second);
      }
      if (row.counts.searches == 0) continue;
      all.Add(row.counts);
      rows.push_back(std::move(row));
    }
    SetFigures(all, all, *report.mutable_total());
    report.set_different_queries(static_cast<int32_t>(rows.size()));
    const auto by_searches = [](const QueryRow& row) { return -row.counts.searches; };
    for (const QueryRow* row : Sorted(
             rows, most, [](const QueryRow&) { return true; }, by_searches)) {
      SetQuery(*row, all, *report.add_top_queries());
    }
    const auto empty = [](const QueryRow& row) { return row.counts.without_results == row.counts.searches; };
    for (const QueryRow* row : Sorted(rows, most, +empty, by_searches)) {
      v1::QueryFigures& figures = *report.add_without_results();
      SetQuery(*row, all, figures);
      SetSynonyms(companions->suggestions.get(), figures);
    }
    const auto enough = [](const QueryRow& row) {
      return row.counts.searches - row.counts.without_results >= kLowClickSearches;
    };
    const auto by_clicks = [](const QueryRow& row) { return Share(row.counts.clicked_searches, row.counts.searches); };
    for (const QueryRow* row : Sorted(rows, most, +enough, by_clicks)) SetQuery(*row, all, *report.add_low_click());
  });
  return report;
}

}  // namespace kontor::search
