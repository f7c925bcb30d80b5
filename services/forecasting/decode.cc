#include "services/forecasting/decode.h"

#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "kontor/events/v1/event.pb.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"
#include "libs/platform/catalogue/checks.h"
#include "libs/platform/catalogue/decode.h"
#include "libs/platform/catalogue/record_decoders.h"
#include "libs/platform/fleet/event_time.h"

namespace kontor::forecasting {
namespace {

namespace ev = kontor::events::v1;

absl::StatusOr<base::Decimal> ReadDecimal(absl::string_view field, const kontor::type::v1::Decimal& value) {
  const absl::StatusOr<base::Decimal> read = base::Decimal::FromParts(value.units(), value.nanos());
  if (!read.ok()) return catalogue::InvalidField(field, read.status().message());
  if (read->nanos < 0) return catalogue::InvalidField(field, "it is negative");
  return *read;
}

bool CountsPieces(absl::string_view unit_code) { return unit_code.empty() || unit_code == "C62" || unit_code == "H87"; }

absl::Status Convert(const ev::OrderRecorded& order, const ev::EventRecord& record, DecodedRecord& out) {
  RETURN_IF_ERROR(catalogue::CheckRecordId("order_id", order.order_id()));
  RETURN_IF_ERROR(catalogue::CheckRecordRevision(order.revision()));
  RETURN_IF_ERROR(catalogue::CheckRecordText("store_id", order.store_id()));
  RETURN_IF_ERROR(catalogue::CheckRecordText("country", record.context().country()));
  if (!base::IsCurrency(order.currency_code())) {
    return catalogue::InvalidField("currency_code", "it is no ISO 4217 code");
  }
  OrderSnapshot snapshot;
  snapshot.order_id = order.order_id();
  snapshot.revision = order.revision();
  snapshot.fingerprint = base::StableHash(
      absl::StrCat(absl::ToUnixMicros(out.occurred_at), "\n", record.context().country(), "\n", record.payload()));
  snapshot.occurred_at = out.occurred_at;
  snapshot.store = order.store_id();
  snapshot.country = record.context().country();
  snapshot.currency = order.currency_code();
  for (const ev::OrderLine& line : order.lines()) {
    RETURN_IF_ERROR(catalogue::CheckRecordId("product_id", line.product_id()));
    OrderLine sold{line.product_id()};
    ASSIGN_OR_RETURN(sold.units, ReadDecimal("quantity", line.quantity().value()));
    ASSIGN_OR_RETURN(sold.amount, ReadDecimal("amount", line.amount()));
    sold.pieces = CountsPieces(line.quantity().unit_code());
    if (sold.units.nanos > 0) snapshot.lines.push_back(std::move(sold));
  }
  out.content = std::move(snapshot);
  return absl::OkStatus();
}

absl::Status Convert(const ev::OrderCancelled& cancelled, const ev::EventRecord&, DecodedRecord& out) {
  RETURN_IF_ERROR(catalogue::CheckRecordId("order_id", cancelled.order_id()));
  out.content = OrderVoid{cancelled.order_id()};
  return absl::OkStatus();
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

absl::Status Convert(const ev::PromotionUpserted& promotion, const ev::EventRecord& record, DecodedRecord& out) {
  ASSIGN_OR_RETURN(out.content, ReadPromotion(promotion, record));
  return absl::OkStatus();
}

absl::Status Convert(const ev::WeatherObserved& weather, const ev::EventRecord& record, DecodedRecord& out) {
  ASSIGN_OR_RETURN(out.content, ReadWeather(weather, record));
  return absl::OkStatus();
}

absl::Status Convert(const ev::CalendarEventUpserted& event, const ev::EventRecord& record, DecodedRecord& out) {
  ASSIGN_OR_RETURN(out.content, ReadCalendarEvent(event, record));
  return absl::OkStatus();
}

struct ToContent {
  template <typename Payload>
  absl::Status operator()(const Payload& payload, const ev::EventRecord& record, DecodedRecord& out) const {
    return Convert(payload, record, out);
  }
};

// By type; null for types that say nothing here.
const absl::flat_hash_map<std::string, catalogue::RecordDecoder<DecodedRecord>>& Decoders() {
  static const auto& decoders = *new absl::flat_hash_map<std::string, catalogue::RecordDecoder<DecodedRecord>>(
      catalogue::DecodersOf<DecodedRecord, ToContent, ev::OrderRecorded, ev::OrderCancelled, ev::ProductUpserted,
                            ev::ProductRemoved, ev::PriceSet, ev::StockLevelSet, ev::PromotionUpserted,
                            ev::WeatherObserved, ev::CalendarEventUpserted>());
  return decoders;
}

}  // namespace

absl::StatusOr<DecodedRecord> DecodeRecord(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const ev::EventRecord record, catalogue::ReadRecord(bytes));
  DecodedRecord decoded;
  decoded.shop = record.shop();
  decoded.type = record.type();
  decoded.occurred_at = fleet::TimeOf(record.occurred_at());
  const auto decoder = Decoders().find(record.type());
  decoded.known = decoder != Decoders().end();
  if (decoded.known && decoder->second != nullptr) RETURN_IF_ERROR(decoder->second(record, decoded));
  return decoded;
}

bool KnowsType(absl::string_view type) { return Decoders().contains(type); }

}  // namespace kontor::forecasting
