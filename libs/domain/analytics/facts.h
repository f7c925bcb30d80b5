#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "libs/base/money.h"

// What the figures are made of, decoded from the event log. Plain values; an empty string is "unknown".
// Times must lie between 1990 and 2200 (intake guarantees it); others are moved to the nearer bound.
namespace kontor::analytics {

enum class DocumentKind : uint8_t { kOrder, kReturn, kAdjustment, kStockCorrection };

struct LineFact {
  std::string product;
  base::Decimal quantity;
  bool pieces = true;    // the quantity counts pieces; other units are never added up
  base::Decimal amount;  // after discounts: the truth. Returns: what came back, positive
  base::Decimal discount;
  base::Decimal tax;
  std::optional<base::Decimal> cost;
};

// A full snapshot of an order, a return, an adjustment or a stock correction. The highest revision of (kind, id) counts
// as a whole. The same revision with the same fingerprint is a duplicate; with another one it is a conflict, and the
// first that was applied stays.
struct DocumentFact {
  DocumentKind kind = DocumentKind::kOrder;
  std::string id;
  int64_t revision = 0;      // not negative
  uint64_t fingerprint = 0;  // a hash of the payload's bytes
  absl::Time occurred_at, received_at;
  bool imported = false;  // imported history is never late
  std::string source, customer, session, country, channel, store, device;
  std::string currency;  // ISO 4217; empty only for stock corrections
  std::string order_id;  // returns: the order they belong to
  std::vector<LineFact> lines;
};

// Terminal, whatever snapshots of the order come before or after; may come before its order. Of several the earliest
// counts.
struct CancellationFact {
  std::string order_id;
  absl::Time occurred_at;
};

enum class BehaviorType : uint8_t {
  kPageView,
  kProductView,
  kImpression,
  kClick,
  kSearch,
  kCartAdd,
  kCartRemove,
  kCheckout,
  kCampaignTouch,  // reaches a person outside of the shop: makes neither a session nor a visitor
};

// Idempotent by (source, event_id).
struct BehaviorFact {
  std::string source, event_id;
  BehaviorType type = BehaviorType::kPageView;
  absl::Time occurred_at, received_at;
  bool imported = false;
  std::string visitor, customer, session, channel, device, country;
  // An impression: every product shown, each is counted. Otherwise none or one (the first is kept).
  std::vector<std::string> products;
};

// A product's attributes: the highest revision counts, with the same rules as for documents. They are joined when
// figures are read, so a new category moves the past too. Figures of removed products keep their last attributes:
// removals need not be applied.
struct ProductFact {
  std::string product;
  int64_t revision = 0;
  uint64_t fingerprint = 0;
  std::vector<std::string> category_path;  // from the most general (the department) to the most specific
  std::string brand;
};

// Events that intake refused for one reason in one call. Idempotent by (source, event_id, reason).
struct RefusalFact {
  std::string source, event_id, reason;
  int64_t count = 0;
  absl::Time received_at;
};

using Fact = std::variant<DocumentFact, CancellationFact, BehaviorFact, ProductFact, RefusalFact>;

enum class Outcome {
  kApplied,
  kDuplicate,  // known already
  kStale,      // a higher revision is known
  kConflict,   // same revision, other content: for the dead letters
};

}  // namespace kontor::analytics
