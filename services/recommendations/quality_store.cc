#include "services/recommendations/quality_store.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/domain/stats/distribution.h"

namespace kontor::recommendations {
namespace {

constexpr char kWhere[] =
    " WHERE o.shop = $1 AND o.shown_at >= $2 AND o.shown_at < $3 AND ($4::int8 = 0 OR o.placement = $4::int8) "
    "AND ($5::int8 = 0 OR o.model_version = $5::int8) ";

std::string FromAnswers() { return absl::StrCat(" FROM recommendations.outcomes AS o", kWhere); }
std::string FromPlaces() {
  return absl::StrCat(
      " FROM recommendations.outcomes AS o JOIN recommendations.outcome_places AS p USING (shop, answer_id)", kWhere);
}

bool OfSources(const OutcomeQuery& query) { return query.group_by == v1::QUALITY_GROUPING_SOURCE; }

const char* KeyOf(const OutcomeQuery& query) {
  switch (query.group_by) {
    case v1::QUALITY_GROUPING_PLACEMENT:
      return "o.placement::int8";
    case v1::QUALITY_GROUPING_SOURCE:
      return "p.lead::int8";
    case v1::QUALITY_GROUPING_MODEL:
      return "o.model_version";
    case v1::QUALITY_GROUPING_STRATEGY:
      return "o.strategy::int8";
    case v1::QUALITY_GROUPING_TIER:
      return "o.tier::int8";
    default:
      return "0::int8";
  }
}

postgres::Params ParamsOf(const OutcomeQuery& query) {
  postgres::Params params;
  params.Text(query.shop).Time(query.start).Time(query.end).Int64(query.placement).Int64(query.model);
  return params;
}

}  // namespace

std::optional<double> MixDrift(const std::map<int, int64_t>& before, const std::map<int, int64_t>& now) {
  if (before.empty() || now.empty()) return std::nullopt;
  std::set<int> classes;
  for (const auto& [key, count] : before) classes.insert(key);
  for (const auto& [key, count] : now) classes.insert(key);
  std::vector<int64_t> old_counts, new_counts;
  for (const int key : classes) {
    old_counts.push_back(before.contains(key) ? before.at(key) : 0);
    new_counts.push_back(now.contains(key) ? now.at(key) : 0);
  }
  return stats::PopulationStabilityIndex(old_counts, new_counts);
}

absl::StatusOr<postgres::Result> QualityStore::Ask(const std::string& sql, const OutcomeQuery& query) const {
  return pool_.Exec(sql, ParamsOf(query));
}

absl::StatusOr<CountsByKey> QualityStore::Count(const OutcomeQuery& query) const {
  CountsByKey counts;
  if (OfSources(query)) {
    RETURN_IF_ERROR(CountPlaces(query, counts));
  } else {
    RETURN_IF_ERROR(CountAnswers(query, counts));
  }
  RETURN_IF_ERROR(CountMixes(query, counts));
  return counts;
}

absl::Status QualityStore::CountAnswers(const OutcomeQuery& query, CountsByKey& counts) const {
  ASSIGN_OR_RETURN(
      const postgres::Result rows,
      Ask(absl::StrCat(
              "SELECT ", KeyOf(query),
              ", expected > 0, CASE WHEN expected > 0 THEN greatest(0, least(9, floor(expected * 10)))::int8 "
              "ELSE 0 END, count(*), sum(places)::int8, sum(clicks)::int8, sum(carts)::int8, "
              "sum(purchases)::int8, count(*) FILTER (WHERE clicks > 0), count(*) FILTER (WHERE purchases > 0), "
              "sum(expected)",
              FromAnswers(), "GROUP BY 1, 2, 3"),
          query));
  for (int r = 0; r < rows.rows(); ++r) {
    OutcomeCounts& into = counts[rows.Int64(r, 0)];
    into.answers += rows.Int64(r, 3);
    into.places += rows.Int64(r, 4);
    into.clicks += rows.Int64(r, 5);
    into.carts += rows.Int64(r, 6);
    into.purchases += rows.Int64(r, 7);
    into.answers_clicked += rows.Int64(r, 8);
    into.answers_bought += rows.Int64(r, 9);
    if (!rows.Bool(r, 1)) continue;
    into.calibration.Add(static_cast<int>(rows.Int64(r, 2)), rows.Int64(r, 3), rows.Double(r, 10), rows.Int64(r, 8));
  }
  return absl::OkStatus();
}

absl::Status QualityStore::CountPlaces(const OutcomeQuery& query, CountsByKey& counts) const {
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   Ask(absl::StrCat("SELECT ", KeyOf(query),
                                    ", count(DISTINCT answer_id), count(*), count(*) FILTER (WHERE clicked), "
                                    "count(*) FILTER (WHERE carted), count(*) FILTER (WHERE bought), "
                                    "count(DISTINCT answer_id) FILTER (WHERE clicked), "
                                    "count(DISTINCT answer_id) FILTER (WHERE bought)",
                                    FromPlaces(), "GROUP BY 1"),
                       query));
  for (int r = 0; r < rows.rows(); ++r) {
    OutcomeCounts& into = counts[rows.Int64(r, 0)];
    into.answers = rows.Int64(r, 1);
    into.places = rows.Int64(r, 2);
    into.clicks = rows.Int64(r, 3);
    into.carts = rows.Int64(r, 4);
    into.purchases = rows.Int64(r, 5);
    into.answers_clicked = rows.Int64(r, 6);
    into.answers_bought = rows.Int64(r, 7);
  }
  return absl::OkStatus();
}

absl::Status QualityStore::CountMixes(const OutcomeQuery& query, CountsByKey& counts) const {
  const bool of_sources = OfSources(query);
  ASSIGN_OR_RETURN(
      const postgres::Result tiers,
      Ask(absl::StrCat("SELECT ", KeyOf(query), ", o.tier, ", of_sources ? "count(DISTINCT answer_id)" : "count(*)",
                       of_sources ? FromPlaces() : FromAnswers(), "GROUP BY 1, 2"),
          query));
  for (int r = 0; r < tiers.rows(); ++r) {
    counts[tiers.Int64(r, 0)].tiers[static_cast<int>(tiers.Int64(r, 1))] = tiers.Int64(r, 2);
  }
  if (of_sources) return absl::OkStatus();
  ASSIGN_OR_RETURN(
      const postgres::Result leads,
      Ask(absl::StrCat("SELECT ", KeyOf(query), ", p.lead, count(*)", FromPlaces(), "GROUP BY 1, 2"), query));
  for (int r = 0; r < leads.rows(); ++r) {
    counts[leads.Int64(r, 0)].leads[static_cast<int>(leads.Int64(r, 1))] = leads.Int64(r, 2);
  }
  return absl::OkStatus();
}

absl::Status QualityStore::Exposures(
    const OutcomeQuery& query,
    absl::FunctionRef<void(int64_t key, const std::string& product, int64_t times)> take) const {
  ASSIGN_OR_RETURN(
      const postgres::Result rows,
      Ask(absl::StrCat("SELECT ", KeyOf(query), ", p.product, count(*)", FromPlaces(), "GROUP BY 1, 2"), query));
  for (int r = 0; r < rows.rows(); ++r) take(rows.Int64(r, 0), std::string(rows.Text(r, 1)), rows.Int64(r, 2));
  return absl::OkStatus();
}

absl::Status QualityStore::Lists(
    const OutcomeQuery& query,
    absl::FunctionRef<void(int64_t key, const std::vector<std::string>& products)> take) const {
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   Ask(absl::StrCat("SELECT ", KeyOf(query), " AS key, o.answer_id, p.product FROM (SELECT *",
                                    FromAnswers(), "ORDER BY o.answer_id LIMIT ", kSampled,
                                    ") AS o JOIN recommendations.outcome_places AS p USING (shop, answer_id) "
                                    "ORDER BY 1, 2, p.place"),
                       query));
  std::vector<std::string> list;
  for (int r = 0; r < rows.rows(); ++r) {
    list.emplace_back(rows.Text(r, 2));
    const bool last =
        r + 1 == rows.rows() || rows.Int64(r + 1, 0) != rows.Int64(r, 0) || rows.Int64(r + 1, 1) != rows.Int64(r, 1);
    if (!last) continue;
    take(rows.Int64(r, 0), list);
    list.clear();
  }
  return absl::OkStatus();
}

absl::StatusOr<std::map<int64_t, double>> QualityStore::ProductsPerDay(const OutcomeQuery& query, int64_t least) const {
  postgres::Params params = ParamsOf(query);
  params.Int64(least);
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   pool_.Exec(absl::StrCat("SELECT placement, avg(products)::float8 FROM (SELECT o.placement, "
                                           "count(DISTINCT p.product) AS products",
                                           FromPlaces(),
                                           "GROUP BY o.placement, floor(extract(epoch FROM $3 - o.shown_at) / 86400) "
                                           "HAVING count(*) >= $6::int8) AS days GROUP BY placement"),
                              params));
  std::map<int64_t, double> products;
  for (int r = 0; r < rows.rows(); ++r) products[rows.Int64(r, 0)] = rows.Double(r, 1);
  return products;
}

}  // namespace kontor::recommendations
