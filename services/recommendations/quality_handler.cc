#include "services/recommendations/quality_handler.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/domain/recommendations/quality.h"
#include "libs/domain/stats/wilson.h"
#include "libs/platform/fleet/event_time.h"
#include "services/recommendations/quality_alerts.h"

namespace kontor::recommendations {
namespace {

constexpr absl::Duration kDay = absl::Hours(24), kLongest = absl::Hours(24 * 30);

absl::StatusOr<OutcomeQuery> QueryOf(const std::string& shop, const v1::GetQualityRequest& request, absl::Time now) {
  OutcomeQuery query;
  query.shop = shop;
  query.end = request.has_end_time() ? fleet::TimeOf(request.end_time()) : now;
  query.start = request.has_start_time() ? fleet::TimeOf(request.start_time()) : query.end - kDay;
  query.placement = request.placement();
  query.group_by = request.group_by();
  base::Violations violations;
  if (query.start >= query.end || query.end - query.start > kLongest) {
    violations.Add("start_time", "TIME_RANGE_INVALID", "give a start before the end, by at most 30 days");
  }
  if (!v1::Placement_IsValid(query.placement))
    violations.Add("placement", "OUT_OF_RANGE", "there is no such placement");
  if (!v1::QualityGrouping_IsValid(query.group_by)) {
    violations.Add("group_by", "OUT_OF_RANGE", "there is no such grouping");
  }
  RETURN_IF_ERROR(violations.ToStatus());
  return query;
}

std::string NameOf(const OutcomeQuery& query, int64_t key) {
  const int number = static_cast<int>(key);
  std::string name;
  switch (query.group_by) {
    case v1::QUALITY_GROUPING_PLACEMENT:
      name = v1::Placement_Name(static_cast<v1::Placement>(number));
      break;
    case v1::QUALITY_GROUPING_SOURCE:
      name = v1::Reason::Kind_Name(static_cast<v1::Reason::Kind>(number));
      break;
    case v1::QUALITY_GROUPING_MODEL:
      return ModelName(query.shop, key);
    case v1::QUALITY_GROUPING_TIER:
      name = v1::Tier_Name(static_cast<v1::Tier>(number));
      break;
    case v1::QUALITY_GROUPING_STRATEGY:
      break;
    default:
      return "";
  }
  return name.empty() ? absl::StrCat(key) : name;  // of a newer program's numbers the names are not known
}

void FillRate(int64_t hits, int64_t trials, v1::Rate& out) {
  const stats::Interval interval = stats::WilsonInterval(hits, trials);
  out.set_value(trials == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(trials));
  out.set_low(interval.low);
  out.set_high(interval.high);
  out.set_hits(hits);
  out.set_trials(trials);
}

void FillCounts(const OutcomeCounts& counts, v1::QualityRow& row) {
  row.set_answers(counts.answers);
  row.set_places(counts.places);
  FillRate(counts.clicks, counts.places, *row.mutable_click_through());
  FillRate(counts.carts, counts.places, *row.mutable_cart_rate());
  FillRate(counts.purchases, counts.places, *row.mutable_purchase_rate());
  FillRate(counts.answers_clicked, counts.answers, *row.mutable_answer_click_rate());
  FillRate(counts.answers_bought, counts.answers, *row.mutable_conversion());
  if (counts.calibration.trials() == 0) return;
  v1::Calibration& calibration = *row.mutable_calibration();
  calibration.set_answers(counts.calibration.trials());
  calibration.set_expected(counts.calibration.expected());
  calibration.set_observed(counts.calibration.observed());
  calibration.set_expected_calibration_error(counts.calibration.Error());
}

// What is shown, in the words of the catalogue and the model.
struct Shown {
  Exposures exposures;
  double distance = 0;
  int lists = 0;
};

absl::StatusOr<std::map<int64_t, Shown>> ReadShown(const QualityStore& store, const OutcomeQuery& query,
                                                   const ServingView& view) {
  std::map<int64_t, Shown> shown;
  RETURN_IF_ERROR(store.Exposures(query, [&](int64_t key, const std::string& product, int64_t times) {
    shown[key].exposures[view.Find(product)] += times;
  }));
  RETURN_IF_ERROR(store.Lists(query, [&](int64_t key, const std::vector<std::string>& products) {
    std::vector<ItemId> items;
    for (const std::string& product : products) items.push_back(view.Find(product));
    const std::optional<double> distance = IntraListDistance(view.facts, items);
    if (!distance.has_value()) return;
    shown[key].distance += *distance;
    ++shown[key].lists;
  }));
  return shown;
}

void FillShown(const Shown& shown, const ServingView& view, v1::QualityRow& row) {
  if (const auto coverage = CatalogueCoverage(view.facts, shown.exposures)) row.set_coverage(*coverage);
  if (const auto gini = ExposureGini(view.facts, shown.exposures)) row.set_gini(*gini);
  if (const auto novelty = Novelty(view.model(), shown.exposures)) row.set_novelty(*novelty);
  if (shown.lists > 0) row.set_diversity(shown.distance / shown.lists);
}

}  // namespace

absl::StatusOr<v1::GetQualityResponse> QualityHandler::GetQuality(const runtime::CallContext& call,
                                                                  const v1::GetQualityRequest& request) {
  const absl::Time now = clock_.Now();
  ASSIGN_OR_RETURN(const OutcomeQuery query, QueryOf(call.shop, request, now));
  OutcomeQuery earlier = query;
  earlier.start = query.start - (query.end - query.start);
  earlier.end = query.start;
  ASSIGN_OR_RETURN(const CountsByKey counts, store_.Count(query));
  ASSIGN_OR_RETURN(const CountsByKey before, store_.Count(earlier));
  const std::shared_ptr<const ServingView> view = serving_.Get(call.shop);
  std::map<int64_t, Shown> shown;
  if (view != nullptr) {
    ASSIGN_OR_RETURN(shown, ReadShown(store_, query, *view));
  }
  v1::GetQualityResponse response;
  fleet::SetTime(query.start, *response.mutable_start_time());
  fleet::SetTime(query.end, *response.mutable_end_time());
  for (const auto& [key, of_key] : counts) {
    v1::QualityRow& row = *response.add_rows();
    row.set_key(NameOf(query, key));
    FillCounts(of_key, row);
    if (view != nullptr) FillShown(shown[key], *view, row);
    const auto old = before.find(key);
    if (old == before.end()) continue;
    if (const auto drift = MixDrift(old->second.leads, of_key.leads)) row.set_source_drift(*drift);
    if (const auto drift = MixDrift(old->second.tiers, of_key.tiers)) row.set_tier_drift(*drift);
  }
  std::stable_sort(response.mutable_rows()->begin(), response.mutable_rows()->end(),
                   [](const v1::QualityRow& a, const v1::QualityRow& b) { return a.places() > b.places(); });
  ASSIGN_OR_RETURN(const auto alerts, RaisedAlerts(postgres_, call.shop, now - kDay));
  for (const auto& alert : alerts) *response.add_alerts() = alert;
  return response;
}

}  // namespace kontor::recommendations
