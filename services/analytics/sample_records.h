#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "kontor/events/v1/event.pb.h"
#include "kontor/events/v1/quality.pb.h"
#include "libs/platform/fleet/event_time.h"
#include "libs/platform/log/event_log.h"

// Records of the event log for tests and benches, as intake writes them.
namespace kontor::analytics {

namespace ev = kontor::events::v1;

// 2011-12-05 10:00:00 UTC, a Monday.
inline absl::Time SampleTime() { return absl::FromUnixSeconds(1323079200); }

struct RecordSpec {
  std::string event_id = "e-1";
  std::string shop = "default";
  std::string source = "web";
  absl::Time occurred_at = SampleTime();
  absl::Time received_at = SampleTime() + absl::Seconds(1);
  std::string subject = "c-1";
  std::string session, visitor;
  std::string country = "DE";
  ev::Channel channel = ev::CHANNEL_WEB;
  bool imported = false;
};

template <typename Payload>
std::string MakeRecord(const Payload& payload, const RecordSpec& spec) {
  ev::EventRecord record;
  record.set_shop(spec.shop);
  record.set_event_id(spec.event_id);
  record.set_source(spec.source);
  record.set_type(Payload::descriptor()->full_name());
  fleet::SetTime(spec.occurred_at, *record.mutable_occurred_at());
  fleet::SetTime(spec.received_at, *record.mutable_received_at());
  record.set_subject_token(spec.subject);
  record.mutable_context()->set_session_token(spec.session);
  record.mutable_context()->set_visitor_token(spec.visitor);
  record.mutable_context()->set_country(spec.country);
  record.mutable_context()->set_channel(spec.channel);
  record.set_imported(spec.imported);
  payload.SerializeToString(record.mutable_payload());
  return record.SerializeAsString();
}

inline void SetDecimal(int64_t nanos, kontor::type::v1::Decimal& out) {
  out.set_units(nanos / 1'000'000'000);
  out.set_nanos(static_cast<int32_t>(nanos % 1'000'000'000));
}

struct LineSpec {
  std::string product;
  int64_t pieces = 1;
  int64_t cents = 0;
};

template <typename Sale>
void AddLines(const std::vector<LineSpec>& lines, Sale& sale) {
  for (const LineSpec& line : lines) {
    ev::OrderLine& out = *sale.add_lines();
    out.set_line_id(absl::StrCat("l", sale.lines_size()));
    out.set_product_id(line.product);
    SetDecimal(line.pieces * 1'000'000'000, *out.mutable_quantity()->mutable_value());
    SetDecimal(line.cents * 10'000'000, *out.mutable_amount());
  }
}

inline ev::OrderRecorded MakeOrder(const std::string& id, int64_t revision, const std::vector<LineSpec>& lines,
                                   const std::string& currency = "GBP") {
  ev::OrderRecorded order;
  order.set_order_id(id);
  order.set_revision(revision);
  order.set_currency_code(currency);
  AddLines(lines, order);
  return order;
}

inline ev::ReturnRecorded MakeReturn(const std::string& id, const std::string& order_id,
                                     const std::vector<LineSpec>& lines, const std::string& currency = "GBP") {
  ev::ReturnRecorded ret;
  ret.set_return_id(id);
  ret.set_order_id(order_id);
  ret.set_currency_code(currency);
  AddLines(lines, ret);
  return ret;
}

inline ev::OrderCancelled MakeCancellation(const std::string& order_id) {
  ev::OrderCancelled cancelled;
  cancelled.set_order_id(order_id);
  return cancelled;
}

inline ev::ProductViewed MakeView(const std::string& product) {
  ev::ProductViewed view;
  view.set_product_id(product);
  return view;
}

inline ev::ProductUpserted MakeProduct(const std::string& id, int64_t revision, const std::vector<std::string>& path) {
  ev::ProductUpserted product;
  product.set_product_id(id);
  product.set_revision(revision);
  for (const std::string& level : path) product.add_category_path(level);
  product.set_brand(absl::StrCat("brand of ", id));
  return product;
}

// A type that no binary knows yet.
inline std::string RecordFromTheFuture(RecordSpec spec) {
  ev::EventRecord record;
  record.ParseFromString(MakeRecord(MakeView("p1"), spec));
  record.set_type("kontor.events.v1.HologramTouched");
  return record.SerializeAsString();
}

}  // namespace kontor::analytics
