#include "services/forecasting/check_request.h"

#include <cmath>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/forecasting/calendar.h"

namespace kontor::forecasting {
namespace {

constexpr int kMaxProducts = 1'000, kMaxQuantiles = 20, kMaxHistory = 1'000, kMaxPriceChanges = 100, kMaxEvents = 20,
              kMaxDates = 1'000, kMaxLevels = 20, kMaxText = 200, kMaxDimensions = 4, kMaxDepth = 8;
constexpr char kOutOfRange[] = "OUT_OF_RANGE", kTooMany[] = "TOO_MANY", kDateInvalid[] = "DATE_INVALID",
               kValueMissing[] = "VALUE_MISSING";

void CheckText(absl::string_view field, absl::string_view text, base::Violations& violations) {
  if (text.size() > kMaxText) violations.Add(field, "TOO_LONG", "at most 200 bytes");
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < ' ') return violations.Add(field, "TEXT_INVALID", "no control characters");
  }
}

void CheckPromotion(const std::string& at, const v1::PlannedPromotion& promotion, base::Violations& violations) {
  absl::CivilDay first, last;
  if (!ReadDate(promotion.start_date(), first)) {
    violations.Add(absl::StrCat(at, ".start_date"), kDateInvalid, "give a day of the calendar from 1990 to 2200");
  } else if (!ReadDate(promotion.end_date(), last) || last < first) {
    violations.Add(absl::StrCat(at, ".end_date"), kDateInvalid, "give the start date or a later day");
  }
  if (promotion.product_ids_size() > kMaxProducts) {
    violations.Add(absl::StrCat(at, ".product_ids"), kTooMany, "at most 1,000");
  }
  for (const std::string& id : promotion.product_ids()) CheckText(absl::StrCat(at, ".product_ids"), id, violations);
  CheckRange(absl::StrCat(at, ".discount_share"), promotion.discount_share(), 0.0, 1.0, violations);
}

void CheckScenario(const v1::Scenario& scenario, base::Violations& violations) {
  if (scenario.price_changes_size() > kMaxPriceChanges) {
    violations.Add("scenario.price_changes", kTooMany, "at most 100");
  }
  absl::CivilDay day, last = absl::CivilDay::min();
  for (int i = 0; i < scenario.price_changes_size(); ++i) {
    const std::string at = absl::StrCat("scenario.price_changes[", i, "]");
    const v1::PriceChange& change = scenario.price_changes(i);
    if (!ReadDate(change.start_date(), day) || day <= last) {
      violations.Add(absl::StrCat(at, ".start_date"), kDateInvalid, "give days in ascending order");
    }
    last = day;
    CheckRange(absl::StrCat(at, ".factor"), change.factor(), 0.1, 10, violations);
  }
  if (scenario.events_size() > kMaxEvents) violations.Add("scenario.events", kTooMany, "at most 20");
  std::set<std::string> titles;
  for (int i = 0; i < scenario.events_size(); ++i) {
    const std::string at = absl::StrCat("scenario.events[", i, "]");
    const v1::ScenarioEvent& event = scenario.events(i);
    CheckText(absl::StrCat(at, ".title"), event.title(), violations);
    if (event.title().empty() || !titles.insert(event.title()).second) {
      violations.Add(absl::StrCat(at, ".title"), kValueMissing, "each event needs a title of its own");
    }
    if (event.dates_size() > kMaxDates) violations.Add(absl::StrCat(at, ".dates"), kTooMany, "at most 1,000");
    for (const google::type::Date& date : event.dates()) {
      if (ReadDate(date, day)) continue;
      violations.Add(absl::StrCat(at, ".dates"), kDateInvalid, "give days of the calendar from 1990 to 2200");
      break;
    }
  }
  if (scenario.promotions_size() > kMaxEvents) violations.Add("scenario.promotions", kTooMany, "at most 20");
  for (int i = 0; i < scenario.promotions_size(); ++i) {
    CheckPromotion(absl::StrCat("scenario.promotions[", i, "]"), scenario.promotions(i), violations);
  }
  CheckText("scenario.holiday_country", scenario.holiday_country(), violations);
}

void CheckQuantiles(absl::Span<const double> quantiles, base::Violations& violations) {
  if (quantiles.size() > kMaxQuantiles) violations.Add("quantiles", kTooMany, "at most 20");
  double last = 0;
  for (const double quantile : quantiles) {
    if (!(quantile > last && quantile < 1)) {
      return violations.Add("quantiles", kOutOfRange, "give numbers between 0 and 1, ascending");
    }
    last = quantile;
  }
}

}  // namespace

void CheckRange(absl::string_view field, int64_t value, int64_t low, int64_t high, base::Violations& violations) {
  if (value >= low && value <= high) return;
  violations.Add(field, kOutOfRange, absl::StrCat("give ", low, " to ", high));
}

void CheckRange(absl::string_view field, double value, double low, double high, base::Violations& violations) {
  if (value >= low && value <= high) return;  // false for NaN
  violations.Add(field, kOutOfRange, absl::StrCat("give ", low, " to ", high));
}

void CheckSelector(const v1::SeriesSelector& selector, base::Violations& violations) {
  if (selector.product_ids_size() > kMaxProducts) violations.Add("series.product_ids", kTooMany, "at most 1,000");
  for (const std::string& id : selector.product_ids()) CheckText("series.product_ids", id, violations);
  for (const std::string& level : selector.category_path()) CheckText("series.category_path", level, violations);
  CheckText("series.brand", selector.brand(), violations);
  CheckText("series.store_id", selector.store_id(), violations);
  CheckText("series.country", selector.country(), violations);
}

void CheckHorizon(int32_t horizon, base::Violations& violations) {
  CheckRange("horizon", int64_t{horizon}, 0, kMaxHorizon, violations);
}

absl::Status CheckForecast(const v1::ForecastRequest& request) {
  base::Violations violations;
  CheckSelector(request.series(), violations);
  CheckHorizon(request.horizon(), violations);
  CheckRange("history", int64_t{request.history()}, 0, kMaxHistory, violations);
  CheckQuantiles(request.quantiles(), violations);
  if (request.has_scenario()) CheckScenario(request.scenario(), violations);
  return violations.ToStatus();
}

absl::Status CheckHierarchy(const v1::ForecastHierarchyRequest& request) {
  using Request = v1::ForecastHierarchyRequest;
  base::Violations violations;
  CheckSelector(request.series(), violations);
  CheckHorizon(request.horizon(), violations);
  CheckQuantiles(request.quantiles(), violations);
  CheckRange("dimensions", int64_t{request.dimensions_size()}, 1, kMaxDimensions, violations);
  std::set<int> seen;
  for (const int dimension : request.dimensions()) {
    if (dimension == Request::DIMENSION_UNSPECIFIED || !Request::Dimension_IsValid(dimension)) {
      violations.Add("dimensions", kValueMissing, "name each dimension");
    } else if (!seen.insert(dimension).second) {
      violations.Add("dimensions", kOutOfRange, "each dimension once");
    }
  }
  if (request.crossed() && request.dimensions_size() < 2) {
    violations.Add("crossed", kOutOfRange, "two dimensions or more can be crossed");
  }
  CheckRange("category_depth", int64_t{request.category_depth()}, 0, kMaxDepth, violations);
  if (!Request::Method_IsValid(request.method())) violations.Add("method", kReasonMethodUnknown, "it is no method");
  if (request.temporal() && GrainOr(request.grain()) != v1::GRAIN_DAY) {
    violations.Add("temporal", kOutOfRange, "days are what agrees over time; ask with GRAIN_DAY");
  }
  return violations.ToStatus();
}

absl::Status CheckBacktest(const v1::BacktestRequest& request) {
  base::Violations violations;
  CheckSelector(request.series(), violations);
  CheckHorizon(request.horizon(), violations);
  CheckRange("origins", int64_t{request.origins()}, 0, 50, violations);
  CheckRange("step", int64_t{request.step()}, 0, kMaxHorizon, violations);
  if (request.methods_size() > kMaxLevels) violations.Add("methods", kTooMany, "at most 20");
  return violations.ToStatus();
}

void CheckPolicy(absl::string_view at, const v1::InventoryPolicy& policy, base::Violations& violations) {
  const auto field = [&](absl::string_view name) { return absl::StrCat(at, name); };
  CheckRange(field("lead_time_days"), policy.lead_time_days(), 0.0, 365.0, violations);
  CheckRange(field("lead_time_sd_days"), policy.lead_time_sd_days(), 0.0, 365.0, violations);
  CheckRange(field("review_days"), policy.review_days(), 0.0, 90.0, violations);
  if (policy.service_level() != 0) {
    CheckRange(field("service_level"), policy.service_level(), 0.5, 0.9999, violations);
  }
  CheckRange(field("pack_size"), policy.pack_size(), 0.0, 1e6, violations);
  CheckRange(field("minimum_order"), policy.minimum_order(), 0.0, 1e9, violations);
  CheckRange(field("holding_cost_share"), policy.holding_cost_share(), 0.0, 5.0, violations);
  if (policy.order_cost().units() < 0 || policy.order_cost().nanos() < 0) {
    violations.Add(field("order_cost"), kOutOfRange, "an order cannot cost less than nothing");
  }
}

}  // namespace kontor::forecasting
