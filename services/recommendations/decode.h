#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/platform/catalogue/checks.h"
#include "libs/platform/catalogue/records.h"

// Records of the event log in this service's words; with decode_catalogue.h all that sees the payloads.
namespace kontor::recommendations {

// A snapshot of an order: what was bought, by whom, where. Lines without a quantity (an amount without pieces) are left
// out, whatever they cost.
struct OrderSnapshot {
  std::string order_id;
  int64_t revision = 0;
  uint64_t fingerprint = 0;  // of all that the snapshot says
  std::string subject;       // token; empty when nobody is known
  absl::Time occurred_at;
  std::string country, store;
  std::vector<std::string> products;  // distinct, in the order of the lines
};

struct OrderVoid {
  std::string order_id;
};

// One product of a session.
struct SessionStep {
  enum class Kind { kViewed, kCarted, kUncarted };
  Kind kind = Kind::kViewed;
  std::string product;
  bool clicked = false;  // viewed by a click in a list
};

// A list that was seen.
struct ShownProducts {
  std::vector<std::string> products;
  int first_place = 1;  // of the first product
};

// Events say that a visitor is a customer; or that this was wrong.
struct IdentityLink {
  std::string visitor, customer;  // tokens
  bool linked = true;
};

// The record's subject, and its visitor where it names one, is to be forgotten.
struct ErasureRequest {};

struct DecodedRecord {
  std::string shop;
  std::string type;   // full name of the payload message
  bool known = true;  // false: a type from the future, to be parked
  bool imported = false;
  absl::Time occurred_at;
  std::string subject;  // token
  std::string visitor;  // token, when the event names a visitor
  std::string session;  // token, when the event names a session
  std::string attribution_token;
  // Nothing: a type that says nothing here (a return, an adjustment, a page, the price of one store).
  std::variant<std::monostate, OrderSnapshot, OrderVoid, catalogue::ProductSnapshot, catalogue::PriceSnapshot,
               catalogue::StockLevel, catalogue::StockChange, SessionStep, ShownProducts, IdentityLink, ErasureRequest>
      content;
};

// Content stays empty: kLive, for imported orders, cancellations, behaviour and links; kAttributed, for what is no
// order and names no answer.
enum class Payloads { kAll, kLive, kAttributed };

// Pure and thread-safe; about 1 us and 100 ns a line. INVALID_ARGUMENT with the reasons of record_decoders.h for a
// record that belongs to the dead letters, or VALUE_INVALID (decode_checks.h).
absl::StatusOr<DecodedRecord> DecodeRecord(absl::string_view bytes, Payloads payloads = Payloads::kAll);

// What the record says of who is who: an IdentityLinked, or content of a customer that names a visitor as well.
std::optional<IdentityLink> LinkIn(const DecodedRecord& record);

// True for the types of kontor.events.v1 that this binary was built with.
bool KnowsType(absl::string_view type);

}  // namespace kontor::recommendations
