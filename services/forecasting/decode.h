#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/base/money.h"
#include "libs/platform/catalogue/records.h"
#include "services/forecasting/market_records.h"

// Records of the event log in this service's words.
namespace kontor::forecasting {

// What an order sold of a product.
struct OrderLine {
  std::string product;
  base::Decimal units;
  bool pieces = true;  // or another unit, such as kilograms
  base::Decimal amount;
};

// A snapshot of an order; lines without a quantity are left out.
struct OrderSnapshot {
  std::string order_id;
  int64_t revision = 0;
  uint64_t fingerprint = 0;  // of all that the snapshot says
  absl::Time occurred_at;
  std::string store, country, currency;
  std::vector<OrderLine> lines;
};

struct OrderVoid {
  std::string order_id;
};

struct DecodedRecord {
  std::string shop;
  std::string type;   // full name of the payload message
  bool known = true;  // false: a type from the future, to be parked
  absl::Time occurred_at;
  // Nothing: a type that says nothing here (a return, a page, the price of one store).
  std::variant<std::monostate, OrderSnapshot, OrderVoid, catalogue::ProductSnapshot, catalogue::PriceSnapshot,
               catalogue::StockLevel, PromotionSnapshot, WeatherReport, CalendarSnapshot>
      content;
};

// Pure and thread-safe. INVALID_ARGUMENT with the reasons of record_decoders.h or VALUE_INVALID for a record that
// belongs to the dead letters.
absl::StatusOr<DecodedRecord> DecodeRecord(absl::string_view bytes);

// True for the types of kontor.events.v1 that this binary was built with.
bool KnowsType(absl::string_view type);

}  // namespace kontor::forecasting
