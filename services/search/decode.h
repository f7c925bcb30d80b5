#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/platform/catalogue/records.h"

// Records of the event log in this service's words; with libs/platform/catalogue all that sees the payloads.
namespace kontor::search {

// A search was made.
struct QueryMade {
  std::string query;
  int64_t total_results = 0;
  std::vector<std::string> products;  // shown, best first
};

// A product was clicked in a list, looked at, or put into the cart.
struct ProductTouched {
  enum class Kind { kViewed, kClicked, kCarted };
  Kind kind = Kind::kViewed;
  std::string product;
  int rank = 0;  // of a click in a list, from 1; 0: unknown
};

// What an order sold. Lines without a quantity are left out.
struct OrderSold {
  struct Line {
    std::string product;
    int64_t amount_nanos = 0;  // after discounts
  };
  std::string order_id;
  std::string currency;
  std::vector<Line> lines;
};

struct DecodedRecord {
  std::string shop;
  absl::Time occurred_at;
  std::string attribution_token;
  // Nothing: a type that says nothing here.
  std::variant<std::monostate, catalogue::ProductSnapshot, catalogue::PriceSnapshot, catalogue::StockLevel,
               catalogue::StockChange, QueryMade, ProductTouched, OrderSold>
      content;
};

// Pure and thread-safe; about 1 us. INVALID_ARGUMENT for bytes that are no record or whose payload is not of its type
// (RECORD_BROKEN), or as catalogue/checks.h says.
absl::StatusOr<DecodedRecord> DecodeRecord(absl::string_view bytes);

constexpr char kReasonRecordBroken[] = "RECORD_BROKEN";

}  // namespace kontor::search
