#include "services/ingest/router.h"

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/base/subject.h"
#include "libs/platform/fleet/event_time.h"
#include "libs/platform/fleet/topics.h"

namespace kontor::ingest {
namespace {

using base::SubjectKind;
using kontor::events::v1::Event;
using kontor::events::v1::EventRecord;
using kontor::events::v1::Personal;

struct Place {
  const char* topic;
  std::string series;  // the key after the shop
};

Place PlaceOfBehavior(const Event& event, absl::string_view subject) {
  return {event.has_experiment_exposed() ? fleet::kExposures : fleet::kBehavior, std::string(subject)};
}

Place PlaceOfMarket(const Event& event) {
  switch (event.payload_case()) {
    case Event::kCompetitorPriceObserved:
      return {fleet::kMarket, absl::StrCat(event.competitor_price_observed().product_id(), "/",
                                           event.competitor_price_observed().competitor_id())};
    case Event::kPromotionUpserted:
      return {fleet::kMarket, absl::StrCat("promotion/", event.promotion_upserted().promotion_id())};
    case Event::kProductLaunchObserved:
      return {fleet::kMarket, absl::StrCat("launch/", event.product_launch_observed().external_id())};
    case Event::kExchangeRateSet:
      return {fleet::kMarket, absl::StrCat(event.exchange_rate_set().base_currency_code(), "/",
                                           event.exchange_rate_set().quote_currency_code())};
    case Event::kWeatherObserved:
      return {fleet::kMarket, absl::StrCat("weather/", event.weather_observed().location_id())};
    default:
      return {fleet::kMarket, absl::StrCat("calendar/", event.calendar_event_upserted().calendar_event_id())};
  }
}

Place PlaceOf(const Event& event, absl::string_view subject) {
  switch (event.payload_case()) {
    case Event::kOrderRecorded:
      return {fleet::kOrders, event.order_recorded().order_id()};
    case Event::kOrderCancelled:
      return {fleet::kOrders, event.order_cancelled().order_id()};
    case Event::kReturnRecorded: {
      const auto& ret = event.return_recorded();
      return {fleet::kOrders, ret.order_id().empty() ? ret.return_id() : ret.order_id()};
    }
    case Event::kAdjustmentRecorded:
      return {fleet::kOrders, event.adjustment_recorded().adjustment_id()};
    case Event::kProductUpserted:
      return {fleet::kCatalog, event.product_upserted().product_id()};
    case Event::kProductRemoved:
      return {fleet::kCatalog, event.product_removed().product_id()};
    case Event::kPriceSet:
      return {fleet::kCatalog, event.price_set().product_id()};
    case Event::kStockLevelSet:
      return {fleet::kInventory,
              absl::StrCat(event.stock_level_set().product_id(), "/", event.stock_level_set().location_id())};
    case Event::kStockAdjusted:
      return {fleet::kInventory,
              absl::StrCat(event.stock_adjusted().product_id(), "/", event.stock_adjusted().location_id())};
    case Event::kIdentityLinked:
    case Event::kCustomerUpserted:
      return {fleet::kIdentity, std::string(subject)};
    case Event::kConsentChanged:
    case Event::kErasureRequested:
      return {fleet::kPrivacy, std::string(subject)};
    case Event::kCampaignUpserted:
      return {fleet::kCampaigns, event.campaign_upserted().campaign_id()};
    case Event::kCampaignCostRecorded:
      return {fleet::kCampaigns, event.campaign_cost_recorded().campaign_id()};
    case Event::kCompetitorPriceObserved:
    case Event::kPromotionUpserted:
    case Event::kProductLaunchObserved:
    case Event::kExchangeRateSet:
    case Event::kWeatherObserved:
    case Event::kCalendarEventUpserted:
      return PlaceOfMarket(event);
    default:
      return PlaceOfBehavior(event, subject);
  }
}

void FillContext(const Event& event, const RoutingContext& context, EventRecord& record) {
  const auto& actor = event.actor();
  const auto& where = event.circumstances();
  auto* out = record.mutable_context();
  out->set_visitor_token(
      base::SubjectToken(context.subject_secret, context.shop, SubjectKind::kVisitor, actor.visitor_id()));
  out->set_session_token(
      base::SubjectToken(context.subject_secret, context.shop, SubjectKind::kSession, actor.session_id()));
  out->set_channel(where.channel());
  out->set_device(where.device());
  out->set_country(where.country());
  out->set_language(where.language());
  *out->mutable_consent() = where.consent();
  out->set_attribution_token(where.attribution_token());
  *out->mutable_assignments() = where.assignments();
}

// The part that identifies a person; contact points leave the payload for it.
Personal TakePersonal(Event& event) {
  Personal personal;
  const auto& actor = event.actor();
  personal.set_customer_id(actor.customer_id());
  personal.set_visitor_id(actor.visitor_id());
  personal.set_session_id(actor.session_id());
  personal.set_device_id(actor.device_id());
  personal.set_ip_address(actor.ip_address());
  personal.set_user_agent(actor.user_agent());
  if (event.has_customer_upserted()) {
    personal.mutable_contact_points()->Swap(event.mutable_customer_upserted()->mutable_contact_points());
  }
  if (event.has_identity_linked()) {
    personal.set_note(event.identity_linked().other_id());
  }
  return personal;
}

// What the other id of a link is a token of: the kinds that events name their actors by, else a number of a customer.
SubjectKind KindOf(absl::string_view other_kind) {
  if (other_kind == "visitor") return SubjectKind::kVisitor;
  if (other_kind == "device") return SubjectKind::kDevice;
  return SubjectKind::kCustomer;
}

// The payload message's full name and bytes.
void FillPayload(const Event& event, EventRecord& record) {
  const auto* descriptor = Event::descriptor();
  const auto* field = descriptor->FindFieldByNumber(event.payload_case());
  const auto& payload = event.GetReflection()->GetMessage(event, field);
  record.set_type(field->message_type()->full_name());
  payload.SerializeToString(record.mutable_payload());
}

}  // namespace

absl::StatusOr<RoutedEvent> RouteEvent(const Event& sent, const RoutingContext& context) {
  Event event = sent;
  EventRecord record;
  record.set_shop(std::string(context.shop));
  record.set_event_id(event.event_id());
  record.set_source(event.source());
  *record.mutable_occurred_at() = event.occurred_at();
  fleet::SetTime(context.received_at, *record.mutable_received_at());
  record.set_trace(std::string(context.trace));
  record.set_imported(context.imported);
  FillContext(event, context, record);

  const auto& actor = event.actor();
  const std::string customer =
      base::SubjectToken(context.subject_secret, context.shop, SubjectKind::kCustomer, actor.customer_id());
  record.set_subject_token(customer.empty() ? record.context().visitor_token() : customer);

  const Personal personal = TakePersonal(event);
  if (event.has_identity_linked()) {
    auto& link = *event.mutable_identity_linked();
    link.set_other_id(
        base::SubjectToken(context.subject_secret, context.shop, KindOf(link.other_kind()), link.other_id()));
  }
  FillPayload(event, record);
  const std::string personal_bytes = personal.SerializeAsString();
  if (!personal_bytes.empty()) {
    ASSIGN_OR_RETURN(fleet::Sealer::Sealed sealed,
                     context.sealer.Seal(context.shop, record.subject_token(), personal_bytes));
    record.set_key_id(sealed.key_id);
    record.set_personal(std::move(sealed.bytes));
  }
  Place place = PlaceOf(event, record.subject_token());
  return RoutedEvent{place.topic, absl::StrCat(context.shop, "/", place.series), record.SerializeAsString()};
}

}  // namespace kontor::ingest
