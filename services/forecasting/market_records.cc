#include "services/forecasting/market_records.h"

#include <cmath>

#include "libs/base/hash.h"
#include "libs/base/status.h"
#include "libs/platform/catalogue/checks.h"
#include "libs/platform/fleet/event_time.h"

namespace kontor::forecasting {
namespace {

namespace ev = kontor::events::v1;
using catalogue::InvalidField;

absl::StatusOr<std::vector<std::string>> ReadIds(absl::string_view field,
                                                 const google::protobuf::RepeatedPtrField<std::string>& ids) {
  for (const std::string& id : ids) RETURN_IF_ERROR(catalogue::CheckRecordId(field, id));
  return std::vector<std::string>(ids.begin(), ids.end());
}

// `otherwise` where the payload tells no end.
template <typename Payload>
absl::StatusOr<absl::Time> ReadEnd(const Payload& payload, absl::Time otherwise) {
  if (!payload.has_starts_at()) return InvalidField("starts_at", "it is missing");
  if (!payload.has_ends_at()) return otherwise;
  const absl::Time end = fleet::TimeOf(payload.ends_at());
  if (end < fleet::TimeOf(payload.starts_at())) return InvalidField("ends_at", "it is before starts_at");
  return end;
}

absl::Status CheckNumber(absl::string_view field, double value) {
  return std::isfinite(value) ? absl::OkStatus() : InvalidField(field, "it is no number");
}

}  // namespace

absl::StatusOr<PromotionSnapshot> ReadPromotion(const ev::PromotionUpserted& promotion, const ev::EventRecord& record) {
  RETURN_IF_ERROR(catalogue::CheckRecordId("promotion_id", promotion.promotion_id()));
  RETURN_IF_ERROR(catalogue::CheckRecordRevision(promotion.revision()));
  if (!(promotion.discount_share() >= 0 && promotion.discount_share() <= 1)) {
    return InvalidField("discount_share", "it is not within 0 and 1");
  }
  PromotionSnapshot snapshot;
  snapshot.promotion_id = promotion.promotion_id();
  snapshot.revision = promotion.revision();
  snapshot.fingerprint = base::StableHash(record.payload());
  snapshot.own = promotion.competitor_id().empty();
  snapshot.starts_at = fleet::TimeOf(promotion.starts_at());
  ASSIGN_OR_RETURN(snapshot.ends_at, ReadEnd(promotion, absl::InfiniteFuture()));
  ASSIGN_OR_RETURN(snapshot.products, ReadIds("product_ids", promotion.product_ids()));
  ASSIGN_OR_RETURN(snapshot.stores, ReadIds("store_ids", promotion.store_ids()));
  snapshot.discount = promotion.discount_share();
  return snapshot;
}

absl::StatusOr<WeatherReport> ReadWeather(const ev::WeatherObserved& weather, const ev::EventRecord& record) {
  RETURN_IF_ERROR(catalogue::CheckRecordId("location_id", weather.location_id()));
  if (!weather.has_day()) return InvalidField("day", "it is missing");
  RETURN_IF_ERROR(CheckNumber("temperature_min", weather.temperature_min()));
  RETURN_IF_ERROR(CheckNumber("temperature_max", weather.temperature_max()));
  RETURN_IF_ERROR(CheckNumber("precipitation", weather.precipitation()));
  WeatherReport report;
  report.location = weather.location_id();
  report.day = fleet::TimeOf(weather.day());
  report.told_at = fleet::TimeOf(record.occurred_at());
  report.forecast = weather.forecast();
  report.fingerprint = base::StableHash(record.payload());
  report.temperature = (weather.temperature_min() + weather.temperature_max()) / 2;
  report.precipitation = weather.precipitation();
  return report;
}

absl::StatusOr<CalendarSnapshot> ReadCalendarEvent(const ev::CalendarEventUpserted& event,
                                                   const ev::EventRecord& record) {
  RETURN_IF_ERROR(catalogue::CheckRecordId("calendar_event_id", event.calendar_event_id()));
  RETURN_IF_ERROR(catalogue::CheckRecordRevision(event.revision()));
  RETURN_IF_ERROR(catalogue::CheckRecordText("title", event.title()));
  RETURN_IF_ERROR(catalogue::CheckRecordText("country", event.country()));
  CalendarSnapshot snapshot;
  snapshot.event_id = event.calendar_event_id();
  snapshot.revision = event.revision();
  snapshot.fingerprint = base::StableHash(record.payload());
  snapshot.title = event.title().empty() ? event.calendar_event_id() : event.title();
  snapshot.starts_at = fleet::TimeOf(event.starts_at());
  ASSIGN_OR_RETURN(snapshot.ends_at, ReadEnd(event, snapshot.starts_at));
  snapshot.country = event.country();
  snapshot.public_holiday = event.public_holiday();
  return snapshot;
}

}  // namespace kontor::forecasting
