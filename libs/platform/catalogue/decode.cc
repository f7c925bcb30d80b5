#include "libs/platform/catalogue/decode.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"
#include "libs/platform/catalogue/checks.h"
#include "libs/platform/fleet/event_time.h"

namespace kontor::catalogue {
namespace {

namespace ev = kontor::events::v1;

absl::StatusOr<base::Decimal> ReadDecimal(absl::string_view field, const kontor::type::v1::Decimal& value) {
  const absl::StatusOr<base::Decimal> read = base::Decimal::FromParts(value.units(), value.nanos());
  if (!read.ok()) return InvalidField(field, read.status().message());
  return *read;
}

// Of all that counts beside the payload.
uint64_t FingerprintWithTime(const ev::EventRecord& record) {
  return base::StableHash(
      absl::StrCat(absl::ToUnixMicros(fleet::TimeOf(record.occurred_at())), "\n", record.payload()));
}

absl::StatusOr<ProductAttribute> ReadAttribute(const ev::ProductAttribute& attribute) {
  RETURN_IF_ERROR(CheckRecordId("attributes.name", attribute.name()));
  RETURN_IF_ERROR(CheckRecordText("attributes.text", attribute.text()));
  switch (attribute.value_case()) {
    case ev::ProductAttribute::kNumber: {
      ASSIGN_OR_RETURN(const base::Decimal number, ReadDecimal("attributes.number", attribute.number().value()));
      return ProductAttribute{attribute.name(), base::FormatDecimal(number.nanos), true};
    }
    case ev::ProductAttribute::kFlag:
      return ProductAttribute{attribute.name(), attribute.flag() ? "true" : "false"};
    default:
      return ProductAttribute{attribute.name(), attribute.text()};
  }
}

absl::StatusOr<ProductRelation> ReadRelation(const ev::ProductRelation& relation) {
  RETURN_IF_ERROR(CheckRecordId("relations.product_id", relation.product_id()));
  switch (relation.kind()) {
    case ev::ProductRelation::KIND_ACCESSORY_OF:
      return ProductRelation{RelationKind::kAccessoryOf, relation.product_id()};
    case ev::ProductRelation::KIND_COMPATIBLE_WITH:
      return ProductRelation{RelationKind::kCompatibleWith, relation.product_id()};
    case ev::ProductRelation::KIND_REPLACES:
      return ProductRelation{RelationKind::kReplaces, relation.product_id()};
    case ev::ProductRelation::KIND_REQUIRES:
      return ProductRelation{RelationKind::kRequires, relation.product_id()};
    default:
      return InvalidField("relations.kind", "it is no kind of relation");
  }
}

}  // namespace

absl::StatusOr<ProductSnapshot> ReadProduct(const ev::ProductUpserted& product, const ev::EventRecord& record) {
  RETURN_IF_ERROR(CheckRecordId("product_id", product.product_id()));
  RETURN_IF_ERROR(CheckRecordRevision(product.revision()));
  ProductSnapshot snapshot;
  snapshot.product = product.product_id();
  snapshot.revision = product.revision();
  snapshot.fingerprint = base::StableHash(record.payload());
  const std::pair<const char*, std::pair<const std::string*, std::string*>> texts[] = {
      {"title", {&product.title(), &snapshot.title}},
      {"brand", {&product.brand(), &snapshot.brand}},
      {"description", {&product.description(), &snapshot.description}},
      {"variant_group_id", {&product.variant_group_id(), &snapshot.variant_group}},
      {"supplier_id", {&product.supplier_id(), &snapshot.seller}}};
  for (const auto& [field, text] : texts) {
    RETURN_IF_ERROR(CheckRecordText(field, *text.first));
    *text.second = *text.first;
  }
  for (const std::string& level : product.category_path()) {
    RETURN_IF_ERROR(CheckRecordText("category_path", level));
    snapshot.category_path.push_back(level);
  }
  for (const std::string& code : product.codes()) {
    RETURN_IF_ERROR(CheckRecordText("codes", code));
    snapshot.codes.push_back(code);
  }
  for (const ev::ProductAttribute& attribute : product.attributes()) {
    ASSIGN_OR_RETURN(ProductAttribute read, ReadAttribute(attribute));
    snapshot.attributes.push_back(std::move(read));
  }
  for (const ev::ProductRelation& relation : product.relations()) {
    ASSIGN_OR_RETURN(ProductRelation read, ReadRelation(relation));
    snapshot.relations.push_back(std::move(read));
  }
  if (product.has_available_at()) snapshot.available_at = fleet::TimeOf(product.available_at());
  return snapshot;
}

absl::StatusOr<ProductSnapshot> ReadProduct(const ev::ProductRemoved& removed, const ev::EventRecord& record) {
  RETURN_IF_ERROR(CheckRecordId("product_id", removed.product_id()));
  RETURN_IF_ERROR(CheckRecordRevision(removed.revision()));
  ProductSnapshot snapshot;
  snapshot.product = removed.product_id();
  snapshot.revision = removed.revision();
  snapshot.fingerprint = base::StableHash(absl::StrCat("removed\n", record.payload()));
  snapshot.removed = true;
  return snapshot;
}

absl::StatusOr<std::optional<PriceSnapshot>> ReadPrice(const ev::PriceSet& price, const ev::EventRecord& record) {
  RETURN_IF_ERROR(CheckRecordId("product_id", price.product_id()));
  RETURN_IF_ERROR(CheckRecordRevision(price.revision()));
  if (!base::IsCurrency(price.currency_code())) return InvalidField("currency_code", "it is no currency");
  PriceSnapshot snapshot;
  ASSIGN_OR_RETURN(snapshot.price, ReadDecimal("price", price.price()));
  if (price.has_cost()) {
    ASSIGN_OR_RETURN(snapshot.cost, ReadDecimal("cost", price.cost()));
  }
  if (!price.store_id().empty() || !price.price_list().empty()) return std::nullopt;
  snapshot.product = price.product_id();
  snapshot.currency = price.currency_code();
  snapshot.revision = price.revision();
  snapshot.fingerprint = FingerprintWithTime(record);
  if (price.has_valid_until()) snapshot.valid_until = fleet::TimeOf(price.valid_until());
  return snapshot;
}

absl::StatusOr<StockLevel> ReadStockLevel(const ev::StockLevelSet& level, const ev::EventRecord& record) {
  RETURN_IF_ERROR(CheckRecordId("product_id", level.product_id()));
  RETURN_IF_ERROR(CheckRecordText("location_id", level.location_id()));
  RETURN_IF_ERROR(CheckRecordRevision(level.revision()));
  ASSIGN_OR_RETURN(const base::Decimal on_hand, ReadDecimal("on_hand", level.on_hand().value()));
  ASSIGN_OR_RETURN(const base::Decimal reserved, ReadDecimal("reserved", level.reserved().value()));
  int64_t free = 0;
  if (__builtin_sub_overflow(on_hand.nanos, reserved.nanos, &free)) return InvalidField("reserved", "out of range");
  StockLevel out;
  out.product = level.product_id();
  out.location = level.location_id();
  out.revision = level.revision();
  out.fingerprint = FingerprintWithTime(record);
  out.free = {free};
  out.counted_at = fleet::TimeOf(record.occurred_at());
  return out;
}

absl::StatusOr<StockChange> ReadStockChange(const ev::StockAdjusted& adjusted, const ev::EventRecord& record) {
  RETURN_IF_ERROR(CheckRecordId("adjustment_id", adjusted.adjustment_id()));
  RETURN_IF_ERROR(CheckRecordId("product_id", adjusted.product_id()));
  RETURN_IF_ERROR(CheckRecordText("location_id", adjusted.location_id()));
  RETURN_IF_ERROR(CheckRecordRevision(adjusted.revision()));
  StockChange out;
  ASSIGN_OR_RETURN(out.change, ReadDecimal("change", adjusted.change().value()));
  out.product = adjusted.product_id();
  out.location = adjusted.location_id();
  out.id = adjusted.adjustment_id();
  out.revision = adjusted.revision();
  out.fingerprint = FingerprintWithTime(record);
  out.changed_at = fleet::TimeOf(record.occurred_at());
  return out;
}

}  // namespace kontor::catalogue
