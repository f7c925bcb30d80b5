#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "libs/base/status.h"
#include "libs/platform/postgres/text_list.h"
#include "services/forecasting/rows.h"
#include "services/forecasting/settle.h"

namespace kontor::forecasting {

absl::Status WritePromotions(postgres::Transaction& transaction, absl::Span<const Item<PromotionSnapshot>> items,
                             log::Effects& effects) {
  if (items.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(
      const auto states,
      Settle(
          transaction, "promotion",
          "SELECT * FROM forecasting.promotions AS s WHERE s.shop = asked.shop AND s.promotion = asked.id AND "
          "asked.part = ''",
          items, [](const PromotionSnapshot& promotion) { return std::pair(promotion.promotion_id, std::string()); },
          effects));
  KeyColumns keys;
  std::vector<bool> own;
  std::vector<absl::Time> starts, ends;
  std::vector<std::string> products, stores;
  std::vector<double> discounts;
  for (const auto& [key, state] : states) {
    if (state.winner == nullptr) continue;
    keys.Add(key, state);
    own.push_back(state.winner->own);
    starts.push_back(state.winner->starts_at);
    ends.push_back(state.winner->ends_at);
    products.push_back(postgres::JoinList(state.winner->products));
    stores.push_back(postgres::JoinList(state.winner->stores));
    discounts.push_back(state.winner->discount);
  }
  if (keys.shops.empty()) return absl::OkStatus();
  postgres::Params params;
  params.TextArray(keys.shops).TextArray(keys.ids).Int64Array(keys.revisions).Int64Array(keys.fingerprints);
  params.BoolArray(own).TimeArray(starts).TimeArray(ends).TextArray(products).TextArray(stores).DoubleArray(discounts);
  return transaction
      .Exec(
          "INSERT INTO forecasting.promotions (shop, promotion, revision, fingerprint, own, starts_at, ends_at, "
          "products, stores, discount) SELECT shop, id, revision, fingerprint, own, starts_at, ends_at, "
          "string_to_array(products, E'\\x1f'), string_to_array(stores, E'\\x1f'), discount FROM unnest($1::text[], "
          "$2::text[], $3::int8[], $4::int8[], $5::bool[], $6::timestamptz[], $7::timestamptz[], $8::text[], "
          "$9::text[], $10::float8[]) AS won (shop, id, revision, fingerprint, own, starts_at, ends_at, products, "
          "stores, discount) ON CONFLICT (shop, promotion) DO UPDATE SET (revision, fingerprint, own, starts_at, "
          "ends_at, products, stores, discount) = (excluded.revision, excluded.fingerprint, excluded.own, "
          "excluded.starts_at, excluded.ends_at, excluded.products, excluded.stores, excluded.discount)",
          params)
      .status();
}

absl::Status WriteCalendarEvents(postgres::Transaction& transaction, absl::Span<const Item<CalendarSnapshot>> items,
                                 log::Effects& effects) {
  if (items.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(
      const auto states,
      Settle(
          transaction, "calendar event",
          "SELECT * FROM forecasting.calendar_events AS s WHERE s.shop = asked.shop AND s.event = asked.id AND "
          "asked.part = ''",
          items, [](const CalendarSnapshot& event) { return std::pair(event.event_id, std::string()); }, effects));
  KeyColumns keys;
  std::vector<std::string> titles, countries;
  std::vector<absl::Time> starts, ends;
  std::vector<bool> holidays;
  for (const auto& [key, state] : states) {
    if (state.winner == nullptr) continue;
    keys.Add(key, state);
    titles.push_back(state.winner->title);
    starts.push_back(state.winner->starts_at);
    ends.push_back(state.winner->ends_at);
    countries.push_back(state.winner->country);
    holidays.push_back(state.winner->public_holiday);
  }
  if (keys.shops.empty()) return absl::OkStatus();
  postgres::Params params;
  params.TextArray(keys.shops).TextArray(keys.ids).Int64Array(keys.revisions).Int64Array(keys.fingerprints);
  params.TextArray(titles).TimeArray(starts).TimeArray(ends).TextArray(countries).BoolArray(holidays);
  return transaction
      .Exec(
          "INSERT INTO forecasting.calendar_events (shop, event, revision, fingerprint, title, starts_at, ends_at, "
          "country, public_holiday) SELECT * FROM unnest($1::text[], $2::text[], $3::int8[], $4::int8[], $5::text[], "
          "$6::timestamptz[], $7::timestamptz[], $8::text[], $9::bool[]) ON CONFLICT (shop, event) DO UPDATE SET "
          "(revision, fingerprint, title, starts_at, ends_at, country, public_holiday) = (excluded.revision, "
          "excluded.fingerprint, excluded.title, excluded.starts_at, excluded.ends_at, excluded.country, "
          "excluded.public_holiday)",
          params)
      .status();
}

absl::Status WriteWeather(postgres::Transaction& transaction, absl::Span<const Item<WeatherReport>> items) {
  if (items.empty()) return absl::OkStatus();
  using ReportKey = std::tuple<std::string, std::string, absl::Time, bool>;
  const auto rank = [](const WeatherReport& report) {
    return std::pair(report.told_at, static_cast<int64_t>(report.fingerprint));
  };
  std::map<ReportKey, const WeatherReport*> last;
  for (const Item<WeatherReport>& item : items) {
    const WeatherReport& report = item.content;
    const WeatherReport*& stands = last[{item.shop, report.location, report.day, report.forecast}];
    if (stands == nullptr || rank(*stands) < rank(report)) stands = &report;
  }
  std::vector<std::string> shops, locations;
  std::vector<absl::Time> days, told;
  std::vector<bool> forecasts;
  std::vector<int64_t> fingerprints;
  std::vector<double> temperatures, precipitations;
  for (const auto& [key, report] : last) {
    shops.push_back(std::get<0>(key));
    locations.push_back(report->location);
    days.push_back(report->day);
    forecasts.push_back(report->forecast);
    told.push_back(report->told_at);
    fingerprints.push_back(static_cast<int64_t>(report->fingerprint));
    temperatures.push_back(report->temperature);
    precipitations.push_back(report->precipitation);
  }
  postgres::Params params;
  params.TextArray(shops).TextArray(locations).TimeArray(days).BoolArray(forecasts).TimeArray(told);
  params.Int64Array(fingerprints).DoubleArray(temperatures).DoubleArray(precipitations);
  return transaction
      .Exec(
          "INSERT INTO forecasting.weather AS w (shop, location, day, forecast, told_at, fingerprint, temperature, "
          "precipitation) SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::bool[], "
          "$5::timestamptz[], $6::int8[], $7::float8[], $8::float8[]) ON CONFLICT (shop, location, day, forecast) "
          "DO UPDATE SET (told_at, fingerprint, temperature, precipitation) = (excluded.told_at, "
          "excluded.fingerprint, excluded.temperature, excluded.precipitation) WHERE (w.told_at, w.fingerprint) < "
          "(excluded.told_at, excluded.fingerprint)",
          params)
      .status();
}

}  // namespace kontor::forecasting
