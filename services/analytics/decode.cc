#include "services/analytics/decode.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "kontor/events/v1/event.pb.h"
#include "kontor/events/v1/quality.pb.h"
#include "libs/base/hash.h"
#include "libs/base/resource_name.h"
#include "libs/base/status.h"
#include "libs/platform/fleet/event_time.h"

namespace kontor::analytics {
namespace {

namespace ev = kontor::events::v1;

constexpr int64_t kEarliestSecond = 631152000;  // 1990-01-01T00:00:00Z
constexpr int64_t kLatestSecond = 7258118400;   // 2200-01-01T00:00:00Z
constexpr size_t kMaxTextBytes = 500;

absl::Status Invalid(absl::string_view field, absl::string_view what) {
  return base::Error(absl::StatusCode::kInvalidArgument, kReasonFactInvalid, absl::StrCat(field, ": ", what));
}

// Reads values and keeps the first thing that is wrong with one.
class FieldReader {
 public:
  const std::string& Id(absl::string_view field, const std::string& id) {
    if (const absl::Status ok = base::CheckId(id); !ok.ok()) Fail(field, ok.message());
    return id;
  }
  // What PostgreSQL can hold, in an index too.
  const std::string& Text(absl::string_view field, const std::string& text) {
    if (text.find('\0') != std::string::npos) Fail(field, "it holds a NUL byte");
    if (text.size() > kMaxTextBytes) Fail(field, "it is longer than 500 bytes");
    return text;
  }
  int64_t Revision(int64_t revision) {
    if (revision < 0) Fail("revision", "it is negative");
    return revision;
  }
  base::Decimal Number(absl::string_view field, const kontor::type::v1::Decimal& number) {
    const absl::StatusOr<base::Decimal> value = base::Decimal::FromParts(number.units(), number.nanos());
    if (!value.ok()) Fail(field, value.status().message());
    return value.value_or(base::Decimal());
  }
  absl::Time Time(absl::string_view field, const google::protobuf::Timestamp& stamp) {
    if (stamp.seconds() < kEarliestSecond || stamp.seconds() >= kLatestSecond) {
      Fail(field, "it lies before 1990 or after 2199");
      return absl::UnixEpoch();
    }
    return fleet::TimeOf(stamp);
  }
  void Fail(absl::string_view field, absl::string_view what) {
    if (status_.ok()) status_ = Invalid(field, what);
  }
  const absl::Status& status() const { return status_; }

 private:
  absl::Status status_;
};

// The record around a payload, its values checked.
struct Envelope {
  Envelope(const ev::EventRecord& record, FieldReader& reader);

  const std::string& payload;
  std::string source, event_id, customer, visitor, session, country, channel, device;
  absl::Time occurred_at, received_at;
  bool imported;
  uint64_t fingerprint;
};

// "CHANNEL_WEB" as "web"; "" for unspecified ones and numbers from the future.
std::string ShortName(const std::string& enum_name, absl::string_view prefix) {
  const std::string name = absl::AsciiStrToLower(absl::StripPrefix(enum_name, prefix));
  return name == "unspecified" ? "" : name;
}

Envelope::Envelope(const ev::EventRecord& record, FieldReader& reader)
    : payload(record.payload()),
      source(reader.Text("source", record.source())),
      event_id(reader.Text("event_id", record.event_id())),
      customer(absl::StartsWith(record.subject_token(), "c-") ? reader.Text("subject_token", record.subject_token())
                                                              : ""),
      visitor(reader.Text("context.visitor_token", record.context().visitor_token())),
      session(reader.Text("context.session_token", record.context().session_token())),
      country(reader.Text("context.country", record.context().country())),
      channel(ShortName(ev::Channel_Name(record.context().channel()), "CHANNEL_")),
      device(ShortName(ev::DeviceClass_Name(record.context().device()), "DEVICE_CLASS_")),
      occurred_at(reader.Time("occurred_at", record.occurred_at())),
      received_at(reader.Time("received_at", record.received_at())),
      imported(record.imported()) {
  std::string identity = absl::StrCat(absl::Hex(base::StableHash(payload)), "/", absl::ToUnixMicros(occurred_at));
  for (const std::string* part : {&customer, &session, &country, &channel, &device}) {
    absl::StrAppend(&identity, "/", part->size(), ":", *part);
  }
  fingerprint = base::StableHash(identity);
}

DocumentFact MakeDocument(DocumentKind kind, const Envelope& from) {
  DocumentFact fact;
  fact.kind = kind;
  fact.fingerprint = from.fingerprint;
  fact.occurred_at = from.occurred_at;
  fact.received_at = from.received_at;
  fact.imported = from.imported;
  fact.source = from.source;
  fact.customer = from.customer;
  fact.session = from.session;
  fact.country = from.country;
  fact.channel = from.channel;
  fact.device = from.device;
  return fact;
}

// C62 "one" and H87 "piece" of UN/ECE Recommendation 20; none means pieces.
bool CountsPieces(absl::string_view unit_code) { return unit_code.empty() || unit_code == "C62" || unit_code == "H87"; }

LineFact ReadLine(const ev::OrderLine& line, FieldReader& reader) {
  LineFact fact;
  fact.product = reader.Id("lines.product_id", line.product_id());
  fact.quantity = reader.Number("lines.quantity", line.quantity().value());
  fact.pieces = CountsPieces(line.quantity().unit_code());
  fact.amount = reader.Number("lines.amount", line.amount());
  fact.tax = reader.Number("lines.tax", line.tax());
  for (const ev::Discount& discount : line.discounts()) {
    const base::Decimal amount = reader.Number("lines.discounts.amount", discount.amount());
    if (__builtin_add_overflow(fact.discount.nanos, amount.nanos, &fact.discount.nanos)) {
      reader.Fail("lines.discounts", "their sum is out of range");
    }
  }
  if (line.has_cost()) fact.cost = reader.Number("lines.cost", line.cost());
  return fact;
}

using Facts = std::vector<Fact>;

template <typename Message>
void ReadSale(const Message& message, FieldReader& reader, DocumentFact& fact) {
  fact.revision = reader.Revision(message.revision());
  fact.currency = reader.Id("currency_code", message.currency_code());
  fact.store = reader.Text("store_id", message.store_id());
  fact.lines.reserve(message.lines_size());
  for (const ev::OrderLine& line : message.lines()) fact.lines.push_back(ReadLine(line, reader));
}

void Convert(const ev::OrderRecorded& order, const Envelope& from, FieldReader& reader, Facts& out) {
  DocumentFact fact = MakeDocument(DocumentKind::kOrder, from);
  fact.id = reader.Id("order_id", order.order_id());
  ReadSale(order, reader, fact);
  out.push_back(std::move(fact));
}

void Convert(const ev::ReturnRecorded& ret, const Envelope& from, FieldReader& reader, Facts& out) {
  DocumentFact fact = MakeDocument(DocumentKind::kReturn, from);
  fact.id = reader.Id("return_id", ret.return_id());
  if (!ret.order_id().empty()) fact.order_id = reader.Id("order_id", ret.order_id());
  ReadSale(ret, reader, fact);
  out.push_back(std::move(fact));
}

void Convert(const ev::AdjustmentRecorded& adjustment, const Envelope& from, FieldReader& reader, Facts& out) {
  DocumentFact fact = MakeDocument(DocumentKind::kAdjustment, from);
  fact.id = reader.Id("adjustment_id", adjustment.adjustment_id());
  fact.revision = reader.Revision(adjustment.revision());
  fact.currency = reader.Id("currency_code", adjustment.currency_code());
  if (!adjustment.order_id().empty()) fact.order_id = reader.Id("order_id", adjustment.order_id());
  fact.lines.emplace_back().amount = reader.Number("amount", adjustment.amount());
  out.push_back(std::move(fact));
}

void Convert(const ev::StockAdjusted& stock, const Envelope& from, FieldReader& reader, Facts& out) {
  DocumentFact fact = MakeDocument(DocumentKind::kStockCorrection, from);
  fact.id = reader.Id("adjustment_id", stock.adjustment_id());
  fact.revision = reader.Revision(stock.revision());
  fact.store = reader.Text("location_id", stock.location_id());
  LineFact& line = fact.lines.emplace_back();
  line.product = reader.Id("product_id", stock.product_id());
  line.quantity = reader.Number("change", stock.change().value());
  line.pieces = CountsPieces(stock.change().unit_code());
  out.push_back(std::move(fact));
}

void Convert(const ev::OrderCancelled& cancelled, const Envelope& from, FieldReader& reader, Facts& out) {
  out.push_back(CancellationFact{reader.Id("order_id", cancelled.order_id()), from.occurred_at});
}

void Convert(const ev::ProductUpserted& product, const Envelope& from, FieldReader& reader, Facts& out) {
  ProductFact fact;
  fact.product = reader.Id("product_id", product.product_id());
  fact.revision = reader.Revision(product.revision());
  fact.fingerprint = base::StableHash(from.payload);
  for (const std::string& level : product.category_path()) {
    fact.category_path.push_back(reader.Text("category_path", level));
  }
  fact.brand = reader.Text("brand", product.brand());
  out.push_back(std::move(fact));
}

void Convert(const ev::EventsRefused& refused, const Envelope& from, FieldReader& reader, Facts& out) {
  for (const ev::RefusalCount& entry : refused.counts()) {
    out.push_back(RefusalFact{reader.Text("source", refused.source()), from.event_id,
                              reader.Text("counts.reason", entry.reason()), entry.count(), from.received_at});
  }
}

BehaviorFact& AddBehavior(BehaviorType type, const Envelope& from, Facts& out) {
  BehaviorFact fact;
  fact.source = from.source;
  fact.event_id = from.event_id;
  fact.type = type;
  fact.occurred_at = from.occurred_at;
  fact.received_at = from.received_at;
  fact.imported = from.imported;
  fact.visitor = from.visitor;
  fact.customer = from.customer;
  fact.session = from.session;
  fact.channel = from.channel;
  fact.device = from.device;
  fact.country = from.country;
  out.push_back(std::move(fact));
  return std::get<BehaviorFact>(out.back());
}

void AddProduct(const std::string& product, FieldReader& reader, BehaviorFact& fact) {
  fact.products.push_back(reader.Id("product_id", product));
}

void Convert(const ev::PageViewed&, const Envelope& from, FieldReader&, Facts& out) {
  AddBehavior(BehaviorType::kPageView, from, out);
}

void Convert(const ev::ProductViewed& view, const Envelope& from, FieldReader& reader, Facts& out) {
  AddProduct(view.product_id(), reader, AddBehavior(BehaviorType::kProductView, from, out));
}

void Convert(const ev::ItemsShown& shown, const Envelope& from, FieldReader& reader, Facts& out) {
  BehaviorFact& fact = AddBehavior(BehaviorType::kImpression, from, out);
  for (const std::string& product : shown.product_ids()) AddProduct(product, reader, fact);
}

void Convert(const ev::ItemClicked& click, const Envelope& from, FieldReader& reader, Facts& out) {
  AddProduct(click.product_id(), reader, AddBehavior(BehaviorType::kClick, from, out));
}

void Convert(const ev::Searched&, const Envelope& from, FieldReader&, Facts& out) {
  AddBehavior(BehaviorType::kSearch, from, out);
}

void Convert(const ev::CartChanged& cart, const Envelope& from, FieldReader& reader, Facts& out) {
  const bool added = cart.change() == ev::CartChanged::CHANGE_ADDED;
  if (!added && cart.change() != ev::CartChanged::CHANGE_REMOVED) reader.Fail("change", "it is neither in nor out");
  AddProduct(cart.product_id(), reader,
             AddBehavior(added ? BehaviorType::kCartAdd : BehaviorType::kCartRemove, from, out));
}

void Convert(const ev::CheckoutStarted&, const Envelope& from, FieldReader&, Facts& out) {
  AddBehavior(BehaviorType::kCheckout, from, out);
}

void Convert(const ev::CampaignTouched&, const Envelope& from, FieldReader&, Facts& out) {
  AddBehavior(BehaviorType::kCampaignTouch, from, out);
}

using Decoder = absl::Status (*)(const Envelope&, FieldReader&, Facts&);

template <typename Payload>
absl::Status Decode(const Envelope& from, FieldReader& reader, Facts& out) {
  Payload payload;
  if (!payload.ParseFromString(from.payload)) {
    return base::Error(absl::StatusCode::kInvalidArgument, kReasonPayloadBroken,
                       absl::StrCat("the payload is no ", Payload::descriptor()->full_name()));
  }
  Convert(payload, from, reader, out);
  return reader.status();
}

template <typename... Payloads>
void Register(absl::flat_hash_map<std::string, Decoder>& decoders) {
  ((decoders[Payloads::descriptor()->full_name()] = &Decode<Payloads>), ...);
}

// By type; null for types that tell no figure.
const absl::flat_hash_map<std::string, Decoder>& Decoders() {
  static const auto& decoders = *new absl::flat_hash_map<std::string, Decoder>([] {
    absl::flat_hash_map<std::string, Decoder> all;
    const auto* payloads = ev::Event::descriptor()->FindOneofByName("payload");
    for (int i = 0; i < payloads->field_count(); ++i) {
      all.emplace(payloads->field(i)->message_type()->full_name(), nullptr);
    }
    all.emplace(ev::DeadLetter::descriptor()->full_name(), nullptr);
    Register<ev::OrderRecorded, ev::OrderCancelled, ev::ReturnRecorded, ev::AdjustmentRecorded, ev::StockAdjusted,
             ev::ProductUpserted, ev::EventsRefused, ev::PageViewed, ev::ProductViewed, ev::ItemsShown, ev::ItemClicked,
             ev::Searched, ev::CartChanged, ev::CheckoutStarted, ev::CampaignTouched>(all);
    return all;
  }());
  return decoders;
}

}  // namespace

absl::StatusOr<DecodedRecord> DecodeRecord(absl::string_view bytes) {
  ev::EventRecord record;
  if (!record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return base::Error(absl::StatusCode::kInvalidArgument, kReasonRecordBroken, "the bytes are no EventRecord");
  }
  if (!base::IsShopId(record.shop())) return Invalid("shop", "it is no shop's id");
  if (record.type().empty()) return Invalid("type", "it is empty");
  DecodedRecord decoded;
  decoded.shop = record.shop();
  decoded.type = record.type();
  const auto decoder = Decoders().find(record.type());
  decoded.known = decoder != Decoders().end();
  if (!decoded.known || decoder->second == nullptr) return decoded;
  FieldReader reader;
  const Envelope envelope(record, reader);
  RETURN_IF_ERROR(decoder->second(envelope, reader, decoded.facts));
  return decoded;
}

bool KnowsType(absl::string_view type) { return Decoders().contains(type); }

}  // namespace kontor::analytics
