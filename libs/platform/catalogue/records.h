#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "libs/base/money.h"

// What the topics catalog and inventory say about products. Of each kind the highest revision of a key counts.
namespace kontor::catalogue {

// A named property; numbers as decimals ("1.5"), flags as "true" and "false".
struct ProductAttribute {
  std::string name, value;
  bool number = false;
};

enum class RelationKind : uint8_t { kAccessoryOf = 0, kCompatibleWith, kReplaces, kRequires };
inline constexpr size_t kRelationKinds = static_cast<size_t>(RelationKind::kRequires) + 1;

// What a product is to another one, which need not be known.
struct ProductRelation {
  RelationKind kind = RelationKind::kAccessoryOf;
  std::string product;
  friend bool operator==(const ProductRelation&, const ProductRelation&) = default;
};

struct ProductSnapshot {
  std::string product;
  int64_t revision = 0;
  uint64_t fingerprint = 0;
  std::string title;
  std::vector<std::string> category_path;  // the most general first
  std::string brand;
  bool removed = false;  // then all below is empty
  std::string description;
  std::vector<ProductAttribute> attributes;
  std::string variant_group;  // variants of one another share it; empty: none
  std::string seller;
  std::vector<std::string> codes;  // GTIN, manufacturer's part number and the like
  std::optional<absl::Time> available_at;
  std::vector<ProductRelation> relations;
};

// The price of a product for everybody; prices of one store or one price list are passed over. Key: product, currency.
struct PriceSnapshot {
  std::string product;
  std::string currency;  // ISO 4217
  int64_t revision = 0;
  uint64_t fingerprint = 0;
  base::Decimal price;
  std::optional<base::Decimal> cost;
  absl::Time valid_until = absl::InfiniteFuture();
};

// What can be sold at one place: on hand less reserved. Key: product, location.
struct StockLevel {
  std::string product, location;
  int64_t revision = 0;
  uint64_t fingerprint = 0;
  base::Decimal free;
  absl::Time counted_at;
};

// A correction of a level that was counted before `changed_at`. Key: product, id.
struct StockChange {
  std::string product, location, id;
  int64_t revision = 0;
  uint64_t fingerprint = 0;
  base::Decimal change;  // negative takes away
  absl::Time changed_at;
};

}  // namespace kontor::catalogue
