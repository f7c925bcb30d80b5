#include "services/forecasting/trend_handler.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/base/money.h"
#include "libs/base/status.h"
#include "libs/domain/forecasting/trends.h"
#include "services/forecasting/check_request.h"
#include "services/forecasting/convert.h"

namespace kontor::forecasting {
namespace {

constexpr int kDefaultWeeks = 13, kMaxPage = 1'000, kDefaultPage = 20, kWeeksAYear = 52;
constexpr double kSignificant = 0.05;  // trends less clear than this are no trends

struct Window {
  int64_t first_week = 0;
  int weeks = 0;
};

// Units a week within the window, and in the same weeks a year before.
struct Weeks {
  std::vector<double> now;
  double year_before = 0;
  bool known_before = false;  // the series was sold by then
};

Weeks WeeksOf(const DailySales& days, const Window& window) {
  Weeks weeks;
  weeks.now.assign(static_cast<size_t>(window.weeks), 0);
  for (const auto& [day, sold] : days) {
    const int64_t place = StepOf(day, v1::GRAIN_WEEK) - window.first_week;
    const double units = static_cast<double>(sold.units) / base::Decimal::kOne;
    if (place >= 0 && place < window.weeks) weeks.now[static_cast<size_t>(place)] += units;
    if (place >= -kWeeksAYear && place < window.weeks - kWeeksAYear) weeks.year_before += units;
    weeks.known_before = weeks.known_before || place <= -kWeeksAYear;
  }
  return weeks;
}

absl::StatusOr<std::optional<v1::Trend>> TrendOf(const Node& node, const DailySales& days, const Window& window,
                                                 v1::ListTrendsRequest::Direction direction) {
  const Weeks weeks = WeeksOf(days, window);
  ASSIGN_OR_RETURN(const TrendEstimate estimate, EstimateTrend(weeks.now));
  const bool wrong_way = (direction == v1::ListTrendsRequest::DIRECTION_UP && estimate.slope <= 0) ||
                         (direction == v1::ListTrendsRequest::DIRECTION_DOWN && estimate.slope >= 0);
  if (estimate.p_value > kSignificant || estimate.slope == 0 || wrong_way) return std::optional<v1::Trend>();
  v1::Trend trend;
  *trend.mutable_series() = SelectorOf(node);
  trend.set_units_per_week(estimate.mean);
  trend.set_slope(estimate.slope);
  trend.set_slope_low(estimate.low);
  trend.set_slope_high(estimate.high);
  trend.set_p_value(estimate.p_value);
  if (weeks.known_before && weeks.year_before > 0) {
    trend.set_year_over_year(estimate.mean * window.weeks / weeks.year_before - 1);
  }
  return std::optional<v1::Trend>(std::move(trend));
}

}  // namespace

absl::StatusOr<v1::ListTrendsResponse> TrendHandler::ListTrends(const runtime::CallContext& call,
                                                                const v1::ListTrendsRequest& request) {
  base::Violations violations;
  const int weeks = request.weeks() == 0 ? kDefaultWeeks : request.weeks();
  CheckRange("weeks", int64_t{weeks}, 8, 104, violations);
  CheckRange("page_size", int64_t{request.page_size()}, 0, kMaxPage, violations);
  int64_t offset = 0;
  if (!request.page_token().empty() && (!absl::SimpleAtoi(request.page_token(), &offset) || offset < 0)) {
    violations.Add("page_token", "PAGE_TOKEN_INVALID", "pass next_page_token of the answer before");
  }
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const fleet::Shop* shop, parts_.pasts.FindShop(call.shop));
  ASSIGN_OR_RETURN(const absl::CivilDay until, parts_.pasts.LastWholeDay(*shop));
  const Window window{LastWholeStep(until, v1::GRAIN_WEEK) - weeks + 1, weeks};
  const bool categories = request.level() == v1::ListTrendsRequest::LEVEL_CATEGORY;
  const absl::CivilDay since = FirstDay(window.first_week - kWeeksAYear - 1, v1::GRAIN_WEEK);
  ASSIGN_OR_RETURN(const auto sales, categories ? parts_.demand.SalesByCategory(*shop, until)
                                                : parts_.demand.SalesSince(*shop, since, until));
  std::vector<v1::Trend> trends;
  for (const auto& [id, days] : sales) {
    const Node node{categories ? Level::kCategory : Level::kProduct, id};
    ASSIGN_OR_RETURN(std::optional<v1::Trend> trend, TrendOf(node, days, window, request.direction()));
    if (trend.has_value()) trends.push_back(*std::move(trend));
  }
  std::stable_sort(trends.begin(), trends.end(),
                   [](const v1::Trend& a, const v1::Trend& b) { return std::abs(a.slope()) > std::abs(b.slope()); });
  ASSIGN_OR_RETURN(const auto products, parts_.demand.Products(call.shop));
  v1::ListTrendsResponse response;
  const int64_t size = request.page_size() == 0 ? kDefaultPage : request.page_size();
  const auto end = std::min<int64_t>(offset + size, static_cast<int64_t>(trends.size()));
  for (int64_t i = offset; i < end; ++i) {
    v1::Trend& trend = *response.add_trends() = std::move(trends[static_cast<size_t>(i)]);
    if (trend.series().product_ids().empty()) continue;
    const auto info = products.find(trend.series().product_ids(0));
    if (info != products.end()) trend.set_title(info->second.title);
  }
  if (end < static_cast<int64_t>(trends.size())) response.set_next_page_token(absl::StrCat(end));
  return response;
}

}  // namespace kontor::forecasting
