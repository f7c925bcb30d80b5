#include "services/forecasting/market_store.h"

#include <algorithm>
#include <set>
#include <utility>

#include "libs/base/status.h"
#include "libs/platform/postgres/text_list.h"
#include "services/forecasting/holiday_events.h"

namespace kontor::forecasting {
namespace {

constexpr int kYearDays = 365, kPastYears = 30, kComingYears = 35;

// A time at midnight ends the day before.
absl::CivilDay LastDayOf(absl::Time starts_at, absl::Time ends_at, absl::TimeZone zone) {
  if (ends_at == absl::InfiniteFuture()) return absl::CivilDay(9999, 12, 31);
  return absl::ToCivilDay(std::max(starts_at, ends_at - absl::Microseconds(1)), zone);
}

absl::flat_hash_set<std::string> SetOf(absl::string_view list) {
  absl::flat_hash_set<std::string> out;
  for (const absl::string_view one : postgres::SplitList(list)) out.emplace(one);
  return out;
}

}  // namespace

absl::StatusOr<MarketFacts> MarketStore::PromotionsAndEvents(const fleet::Shop& shop, absl::CivilDay until) {
  MarketFacts facts;
  ASSIGN_OR_RETURN(const postgres::Result promotions,
                   pool_.Exec("SELECT starts_at, ends_at, array_to_string(products, E'\\x1f'), "
                              "array_to_string(stores, E'\\x1f'), discount FROM forecasting.promotions "
                              "WHERE shop = $1 AND own ORDER BY promotion",
                              postgres::Params().Text(shop.id)));
  for (int r = 0; r < promotions.rows(); ++r) {
    const absl::Time start = promotions.Time(r, 0);
    facts.promotions.push_back({absl::ToCivilDay(start, shop.time_zone),
                                LastDayOf(start, promotions.Time(r, 1), shop.time_zone), SetOf(promotions.Text(r, 2)),
                                SetOf(promotions.Text(r, 3)), promotions.Double(r, 4)});
  }
  RETURN_IF_ERROR(AddEvents(shop, until, facts));
  return facts;
}

absl::Status MarketStore::AddEvents(const fleet::Shop& shop, absl::CivilDay until, MarketFacts& facts) {
  ASSIGN_OR_RETURN(
      const postgres::Result events,
      pool_.Exec("SELECT title, country, starts_at, ends_at, public_holiday FROM forecasting.calendar_events "
                 "WHERE shop = $1 ORDER BY event",
                 postgres::Params().Text(shop.id)));
  for (int r = 0; r < events.rows(); ++r) {
    const absl::Time start = events.Time(r, 2);
    facts.events.push_back({std::string(events.Text(r, 0)), std::string(events.Text(r, 1)),
                            absl::ToCivilDay(start, shop.time_zone),
                            LastDayOf(start, events.Time(r, 3), shop.time_zone), events.Bool(r, 4)});
  }
  ASSIGN_OR_RETURN(const std::vector<CalendarEvent> holidays,
                   HolidayEvents(shop.country, absl::CivilDay(until.year() - kPastYears),
                                 absl::CivilDay(until.year() + kComingYears), facts.events));
  facts.events.insert(facts.events.end(), holidays.begin(), holidays.end());
  return absl::OkStatus();
}

absl::Status MarketStore::AddWeather(const fleet::Shop& shop, absl::CivilDay until, MarketFacts& facts) {
  postgres::Params params;
  params.Text(shop.id).Time(absl::FromCivil(until + 1, shop.time_zone));
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   pool_.Exec("SELECT location, day, temperature, precipitation FROM forecasting.weather "
                              "WHERE shop = $1 AND (forecast OR day < $2) ORDER BY location, forecast DESC, told_at",
                              params));
  for (int r = 0; r < rows.rows(); ++r) {  // forecasts first: an observation takes their place
    facts.weather[std::string(rows.Text(r, 0))][absl::ToCivilDay(rows.Time(r, 1), shop.time_zone)] = {
        rows.Double(r, 2), rows.Double(r, 3)};
  }
  return absl::OkStatus();
}

absl::Status MarketStore::AddSold(const fleet::Shop& shop, const std::vector<std::string>& products,
                                  absl::CivilDay until, MarketFacts& facts) {
  std::set<std::string> named;
  for (const Promotion& promotion : facts.promotions) named.insert(promotion.stores.begin(), promotion.stores.end());
  const std::vector<std::string> stores(named.begin(), named.end());
  postgres::Params params;
  params.Text(shop.id).TextArray(products).TextArray(stores);
  params.Time(absl::FromCivil(until + 1 - kYearDays, shop.time_zone)).Time(absl::FromCivil(until + 1, shop.time_zone));
  ASSIGN_OR_RETURN(
      const postgres::Result rows,
      pool_.Exec("SELECT sold.product, sold.store, coalesce(p.brand, ''), "
                 "coalesce(array_to_string(p.category_path, E'\\x1f'), ''), sold.units FROM (SELECT product, CASE WHEN "
                 "store = ANY ($3::text[]) THEN store ELSE '' END AS store, sum(units) AS units FROM forecasting.sales "
                 "WHERE shop = $1 AND (cardinality($2::text[]) = 0 OR product = ANY ($2::text[])) AND "
                 "occurred_at >= $4 AND occurred_at < $5 GROUP BY 1, 2) AS sold LEFT JOIN forecasting.products AS p ON "
                 "p.shop = $1 AND p.product = sold.product ORDER BY 1, 2",
                 params));
  for (int r = 0; r < rows.rows(); ++r) {
    SoldShare& sold = facts.sold.emplace_back();
    sold.product = std::string(rows.Text(r, 0));
    sold.store = std::string(rows.Text(r, 1));
    sold.brand = std::string(rows.Text(r, 2));
    for (const absl::string_view level : postgres::SplitList(rows.Text(r, 3))) sold.category.emplace_back(level);
    sold.units = rows.Double(r, 4);
  }
  return absl::OkStatus();
}

absl::StatusOr<Market> MarketStore::Read(const fleet::Shop& shop, const std::vector<std::string>& products,
                                         absl::CivilDay until, bool planned) {
  ASSIGN_OR_RETURN(MarketFacts facts, PromotionsAndEvents(shop, until));
  RETURN_IF_ERROR(AddWeather(shop, until, facts));
  if (planned || !facts.promotions.empty()) RETURN_IF_ERROR(AddSold(shop, products, until, facts));
  return Market(std::move(facts));
}

absl::StatusOr<Market> MarketStore::ReadDays(const fleet::Shop& shop, absl::CivilDay until) {
  ASSIGN_OR_RETURN(MarketFacts facts, PromotionsAndEvents(shop, until));
  return Market(std::move(facts));
}

}  // namespace kontor::forecasting
