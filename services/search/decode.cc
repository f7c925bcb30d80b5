#include "services/search/decode.h"

#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "kontor/events/v1/behavior.pb.h"
#include "kontor/events/v1/orders.pb.h"
#include "libs/base/money.h"
#include "libs/base/resource_name.h"
#include "libs/base/status.h"
#include "libs/platform/catalogue/checks.h"
#include "libs/platform/catalogue/decode.h"
#include "libs/platform/fleet/event_time.h"

namespace kontor::search {
namespace {

namespace ev = kontor::events::v1;

absl::Status Broken(absl::string_view what) {
  return base::Error(absl::StatusCode::kInvalidArgument, kReasonRecordBroken, what);
}

template <typename Payload>
absl::Status ConvertProduct(const Payload& payload, const ev::EventRecord& record, DecodedRecord& out) {
  ASSIGN_OR_RETURN(out.content, catalogue::ReadProduct(payload, record));
  return absl::OkStatus();
}

absl::Status Convert(const ev::ProductUpserted& product, const ev::EventRecord& record, DecodedRecord& out) {
  return ConvertProduct(product, record, out);
}

absl::Status Convert(const ev::ProductRemoved& removed, const ev::EventRecord& record, DecodedRecord& out) {
  return ConvertProduct(removed, record, out);
}

absl::Status Convert(const ev::PriceSet& price, const ev::EventRecord& record, DecodedRecord& out) {
  ASSIGN_OR_RETURN(std::optional<catalogue::PriceSnapshot> snapshot, catalogue::ReadPrice(price, record));
  if (snapshot.has_value()) out.content = *std::move(snapshot);
  return absl::OkStatus();
}

absl::Status Convert(const ev::StockLevelSet& level, const ev::EventRecord& record, DecodedRecord& out) {
  ASSIGN_OR_RETURN(out.content, catalogue::ReadStockLevel(level, record));
  return absl::OkStatus();
}

absl::Status Convert(const ev::StockAdjusted& adjusted, const ev::EventRecord& record, DecodedRecord& out) {
  ASSIGN_OR_RETURN(out.content, catalogue::ReadStockChange(adjusted, record));
  return absl::OkStatus();
}

absl::Status Convert(const ev::Searched& searched, const ev::EventRecord&, DecodedRecord& out) {
  out.content = QueryMade{
      searched.query(), searched.total_results(), {searched.product_ids().begin(), searched.product_ids().end()}};
  return absl::OkStatus();
}

absl::Status SetTouch(ProductTouched::Kind kind, const std::string& product, int rank, DecodedRecord& out) {
  RETURN_IF_ERROR(catalogue::CheckRecordId("product_id", product));
  out.content = ProductTouched{kind, product, rank};
  return absl::OkStatus();
}

absl::Status Convert(const ev::ProductViewed& viewed, const ev::EventRecord&, DecodedRecord& out) {
  return SetTouch(ProductTouched::Kind::kViewed, viewed.product_id(), 0, out);
}

absl::Status Convert(const ev::ItemClicked& click, const ev::EventRecord&, DecodedRecord& out) {
  return SetTouch(ProductTouched::Kind::kClicked, click.product_id(), click.rank(), out);
}

absl::Status Convert(const ev::CartChanged& cart, const ev::EventRecord&, DecodedRecord& out) {
  if (cart.change() != ev::CartChanged::CHANGE_ADDED) return absl::OkStatus();
  return SetTouch(ProductTouched::Kind::kCarted, cart.product_id(), 0, out);
}

// The first snapshot of an order counts: what later ones correct is not what was decided in the search.
absl::Status Convert(const ev::OrderRecorded& order, const ev::EventRecord&, DecodedRecord& out) {
  if (order.revision() != 0) return absl::OkStatus();
  OrderSold sold;
  sold.order_id = order.order_id();
  sold.currency = order.currency_code();
  for (const ev::OrderLine& line : order.lines()) {
    const auto& quantity = line.quantity().value();
    if (quantity.units() <= 0 && quantity.nanos() <= 0) continue;
    RETURN_IF_ERROR(catalogue::CheckRecordId("product_id", line.product_id()));
    ASSIGN_OR_RETURN(const base::Decimal amount,
                     base::Decimal::FromParts(line.amount().units(), line.amount().nanos()));
    sold.lines.push_back({line.product_id(), amount.nanos});
  }
  out.content = std::move(sold);
  return absl::OkStatus();
}

using Decoder = absl::Status (*)(const ev::EventRecord&, DecodedRecord&);

template <typename Payload>
absl::Status Decode(const ev::EventRecord& record, DecodedRecord& out) {
  Payload payload;
  if (!payload.ParseFromString(record.payload())) {
    return Broken(absl::StrCat("the payload is no ", Payload::descriptor()->full_name()));
  }
  return Convert(payload, record, out);
}

template <typename... Messages>
absl::flat_hash_map<std::string, Decoder> DecodersOf() {
  absl::flat_hash_map<std::string, Decoder> decoders;
  (decoders.emplace(Messages::descriptor()->full_name(), &Decode<Messages>), ...);
  return decoders;
}

const absl::flat_hash_map<std::string, Decoder>& Decoders() {
  static const auto& decoders = *new absl::flat_hash_map<std::string, Decoder>(
      DecodersOf<ev::ProductUpserted, ev::ProductRemoved, ev::PriceSet, ev::StockLevelSet, ev::StockAdjusted,
                 ev::Searched, ev::ProductViewed, ev::ItemClicked, ev::CartChanged, ev::OrderRecorded>());
  return decoders;
}

}  // namespace

absl::StatusOr<DecodedRecord> DecodeRecord(absl::string_view bytes) {
  ev::EventRecord record;
  if (!record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Broken("the bytes are no EventRecord");
  }
  if (!base::IsShopId(record.shop())) return catalogue::InvalidField("shop", "it is no shop's id");
  DecodedRecord decoded;
  decoded.shop = record.shop();
  decoded.occurred_at = fleet::TimeOf(record.occurred_at());
  decoded.attribution_token = record.context().attribution_token();
  if (const auto decoder = Decoders().find(record.type()); decoder != Decoders().end()) {
    RETURN_IF_ERROR(decoder->second(record, decoded));
  }
  return decoded;
}

}  // namespace kontor::search
