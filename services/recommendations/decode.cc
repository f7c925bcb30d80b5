#include "services/recommendations/decode.h"

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "kontor/events/v1/event.pb.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"
#include "libs/platform/catalogue/decode.h"
#include "libs/platform/catalogue/record_decoders.h"
#include "libs/platform/fleet/event_time.h"

namespace kontor::recommendations {
namespace {

namespace ev = kontor::events::v1;

absl::Status Convert(const ev::OrderRecorded& order, const ev::EventRecord& record, DecodedRecord& out) {
  RETURN_IF_ERROR(catalogue::CheckRecordId("order_id", order.order_id()));
  RETURN_IF_ERROR(catalogue::CheckRecordRevision(order.revision()));
  RETURN_IF_ERROR(catalogue::CheckRecordText("store_id", order.store_id()));
  RETURN_IF_ERROR(catalogue::CheckRecordText("country", record.context().country()));
  OrderSnapshot snapshot;
  snapshot.order_id = order.order_id();
  snapshot.revision = order.revision();
  snapshot.fingerprint = base::StableHash(absl::StrCat(absl::ToUnixMicros(out.occurred_at), "\n", out.subject, "\n",
                                                       record.context().country(), "\n", record.payload()));
  snapshot.subject = out.subject;
  snapshot.occurred_at = out.occurred_at;
  snapshot.country = record.context().country();
  snapshot.store = order.store_id();
  absl::flat_hash_set<absl::string_view> seen;
  for (const ev::OrderLine& line : order.lines()) {
    RETURN_IF_ERROR(catalogue::CheckRecordId("product_id", line.product_id()));
    const auto& quantity = line.quantity().value();
    if (quantity.units() <= 0 && quantity.nanos() <= 0) continue;
    if (seen.insert(line.product_id()).second) snapshot.products.push_back(line.product_id());
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

absl::Status Convert(const ev::StockAdjusted& adjusted, const ev::EventRecord& record, DecodedRecord& out) {
  ASSIGN_OR_RETURN(out.content, catalogue::ReadStockChange(adjusted, record));
  return absl::OkStatus();
}

absl::Status SetStep(SessionStep::Kind kind, const std::string& product, DecodedRecord& out) {
  RETURN_IF_ERROR(catalogue::CheckRecordId("product_id", product));
  out.content = SessionStep{kind, product};
  return absl::OkStatus();
}

absl::Status Convert(const ev::ProductViewed& view, const ev::EventRecord&, DecodedRecord& out) {
  return SetStep(SessionStep::Kind::kViewed, view.product_id(), out);
}

absl::Status Convert(const ev::ItemClicked& click, const ev::EventRecord&, DecodedRecord& out) {
  RETURN_IF_ERROR(SetStep(SessionStep::Kind::kViewed, click.product_id(), out));
  std::get<SessionStep>(out.content).clicked = true;
  return absl::OkStatus();
}

absl::Status Convert(const ev::CartChanged& cart, const ev::EventRecord&, DecodedRecord& out) {
  const bool removed = cart.change() == ev::CartChanged::CHANGE_REMOVED;
  return SetStep(removed ? SessionStep::Kind::kUncarted : SessionStep::Kind::kCarted, cart.product_id(), out);
}

absl::Status Convert(const ev::ItemsShown& shown, const ev::EventRecord&, DecodedRecord& out) {
  ShownProducts list;
  for (const std::string& product : shown.product_ids()) {
    RETURN_IF_ERROR(catalogue::CheckRecordId("product_ids", product));
    list.products.push_back(product);
  }
  if (shown.first_rank() > 1) list.first_place = shown.first_rank();
  out.content = std::move(list);
  return absl::OkStatus();
}

bool IsCustomer(absl::string_view token) { return absl::StartsWith(token, "c-"); }
bool IsVisitor(absl::string_view token) { return absl::StartsWith(token, "v-"); }

absl::Status Convert(const ev::IdentityLinked& linked, const ev::EventRecord&, DecodedRecord& out) {
  const std::string& other = linked.other_id();  // a token by now
  IdentityLink link{IsVisitor(other) ? other : out.visitor, IsCustomer(out.subject) ? out.subject : other,
                    !linked.unlink()};
  if (IsVisitor(link.visitor) && IsCustomer(link.customer)) out.content = std::move(link);
  return absl::OkStatus();
}

absl::Status Convert(const ev::ErasureRequested&, const ev::EventRecord&, DecodedRecord& out) {
  out.content = ErasureRequest();
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
                            ev::ProductRemoved, ev::PriceSet, ev::StockLevelSet, ev::StockAdjusted, ev::ProductViewed,
                            ev::ItemClicked, ev::CartChanged, ev::ItemsShown, ev::IdentityLinked,
                            ev::ErasureRequested>());
  return decoders;
}

bool IsLive(const ev::EventRecord& record) {
  static const auto& always = *new absl::flat_hash_set<std::string>{
      ev::ErasureRequested::descriptor()->full_name(), ev::ProductUpserted::descriptor()->full_name(),
      ev::ProductRemoved::descriptor()->full_name(),   ev::PriceSet::descriptor()->full_name(),
      ev::StockLevelSet::descriptor()->full_name(),    ev::StockAdjusted::descriptor()->full_name()};
  return !record.imported() || always.contains(record.type());
}

bool IsOrder(const ev::EventRecord& record) {
  static const auto& orders = *new absl::flat_hash_set<std::string>{ev::OrderRecorded::descriptor()->full_name(),
                                                                    ev::OrderCancelled::descriptor()->full_name()};
  return orders.contains(record.type());
}

}  // namespace

absl::StatusOr<DecodedRecord> DecodeRecord(absl::string_view bytes, Payloads payloads) {
  ASSIGN_OR_RETURN(const ev::EventRecord record, catalogue::ReadRecord(bytes));
  DecodedRecord decoded;
  decoded.shop = record.shop();
  decoded.type = record.type();
  decoded.imported = record.imported();
  decoded.occurred_at = fleet::TimeOf(record.occurred_at());
  decoded.subject = record.subject_token();
  decoded.visitor = record.context().visitor_token();
  decoded.session = record.context().session_token();
  decoded.attribution_token = record.context().attribution_token();
  const auto decoder = Decoders().find(record.type());
  decoded.known = decoder != Decoders().end();
  if (!decoded.known || decoder->second == nullptr) return decoded;
  if (payloads == Payloads::kLive && !IsLive(record)) return decoded;
  if (payloads == Payloads::kAttributed && decoded.attribution_token.empty() && !IsOrder(record)) return decoded;
  RETURN_IF_ERROR(decoder->second(record, decoded));
  return decoded;
}

std::optional<IdentityLink> LinkIn(const DecodedRecord& record) {
  if (const auto* link = std::get_if<IdentityLink>(&record.content)) return *link;
  const bool acts = std::holds_alternative<OrderSnapshot>(record.content) ||
                    std::holds_alternative<SessionStep>(record.content) ||
                    std::holds_alternative<ShownProducts>(record.content);
  if (!acts || !IsCustomer(record.subject) || !IsVisitor(record.visitor)) return std::nullopt;
  return IdentityLink{record.visitor, record.subject};
}

bool KnowsType(absl::string_view type) { return Decoders().contains(type); }

}  // namespace kontor::recommendations
