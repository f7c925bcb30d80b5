#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "kontor/events/v1/catalog.pb.h"
#include "kontor/events/v1/inventory.pb.h"
#include "kontor/events/v1/market.pb.h"
#include "kontor/events/v1/orders.pb.h"
#include "kontor/events/v1/record.pb.h"
#include "libs/platform/fleet/event_time.h"

// Records of a small shop, for tests.
namespace kontor::forecasting {

namespace ev = kontor::events::v1;

template <typename Payload>
std::string RecordBytes(const Payload& payload, absl::Time at, const std::string& country = "") {
  ev::EventRecord record;
  record.set_shop("default");
  record.set_event_id("e");
  record.set_source("test");
  record.set_type(Payload::descriptor()->full_name());
  fleet::SetTime(at, *record.mutable_occurred_at());
  fleet::SetTime(at, *record.mutable_received_at());
  record.mutable_context()->set_country(country);
  payload.SerializeToString(record.mutable_payload());
  return record.SerializeAsString();
}

struct Sold {
  std::string product;
  int64_t units = 1;
  int64_t price = 2;
  std::string unit_code;
};

inline ev::OrderRecorded OrderOf(const std::string& id, const std::vector<Sold>& lines, int64_t revision = 0,
                                 const std::string& store = "") {
  ev::OrderRecorded order;
  order.set_order_id(id);
  order.set_revision(revision);
  order.set_currency_code("EUR");
  order.set_store_id(store);
  for (const Sold& sold : lines) {
    ev::OrderLine& line = *order.add_lines();
    line.set_line_id(absl::StrCat(order.lines_size()));
    line.set_product_id(sold.product);
    line.mutable_quantity()->mutable_value()->set_units(sold.units);
    line.mutable_quantity()->set_unit_code(sold.unit_code);
    line.mutable_amount()->set_units(sold.units * sold.price);
  }
  return order;
}

inline ev::OrderCancelled CancelledOf(const std::string& id) {
  ev::OrderCancelled cancelled;
  cancelled.set_order_id(id);
  return cancelled;
}

inline ev::ProductUpserted ProductOf(const std::string& id, const std::vector<std::string>& category,
                                     const std::string& brand = "") {
  ev::ProductUpserted product;
  product.set_product_id(id);
  product.set_title(absl::StrCat("Product ", id));
  product.set_brand(brand);
  for (const std::string& level : category) product.add_category_path(level);
  return product;
}

inline ev::StockLevelSet LevelOf(const std::string& product, int64_t units, int64_t revision) {
  ev::StockLevelSet level;
  level.set_product_id(product);
  level.set_location_id("main");
  level.set_revision(revision);
  level.mutable_on_hand()->mutable_value()->set_units(units);
  return level;
}

inline ev::PriceSet CostOf(const std::string& product, int64_t cost) {
  ev::PriceSet price;
  price.set_product_id(product);
  price.set_currency_code("EUR");
  price.mutable_price()->set_units(2 * cost);
  price.mutable_cost()->set_units(cost);
  return price;
}

// Noon of the n-th day from Monday 2024-01-01 on.
inline absl::Time DayTime(int n) { return absl::FromCivil(absl::CivilHour(2024, 1, 1 + n, 12), absl::UTCTimeZone()); }
inline absl::CivilDay Day(int n) { return absl::CivilDay(2024, 1, 1) + n; }

// From a day to another, both with them, in UTC.
inline ev::PromotionUpserted PromotionOf(const std::string& id, int from, int to,
                                         const std::vector<std::string>& products, double discount = 0.2) {
  ev::PromotionUpserted promotion;
  promotion.set_promotion_id(id);
  fleet::SetTime(DayTime(from) - absl::Hours(12), *promotion.mutable_starts_at());
  fleet::SetTime(DayTime(to) + absl::Hours(12), *promotion.mutable_ends_at());
  for (const std::string& product : products) promotion.add_product_ids(product);
  promotion.set_discount_share(discount);
  return promotion;
}

inline ev::WeatherObserved WeatherOf(const std::string& location, int day, double temperature, bool forecast = false) {
  ev::WeatherObserved weather;
  weather.set_location_id(location);
  fleet::SetTime(DayTime(day), *weather.mutable_day());
  weather.set_forecast(forecast);
  weather.set_temperature_min(temperature - 4);
  weather.set_temperature_max(temperature + 4);
  return weather;
}

inline ev::CalendarEventUpserted EventOf(const std::string& id, const std::string& title, int day,
                                         const std::string& country = "") {
  ev::CalendarEventUpserted event;
  event.set_calendar_event_id(id);
  event.set_title(title);
  fleet::SetTime(DayTime(day), *event.mutable_starts_at());
  event.set_country(country);
  return event;
}

}  // namespace kontor::forecasting
