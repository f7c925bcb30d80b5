#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "kontor/events/v1/market.pb.h"
#include "kontor/events/v1/record.pb.h"

// Records of topic `market` in this service's words.
namespace kontor::forecasting {

struct PromotionSnapshot {
  std::string promotion_id;
  int64_t revision = 0;
  uint64_t fingerprint = 0;
  bool own = true;                // the shop's, not a competitor's
  absl::Time starts_at, ends_at;  // without an end it goes on
  std::vector<std::string> products, stores;
  double discount = 0;
};

struct WeatherReport {
  std::string location;
  absl::Time day, told_at;
  bool forecast = false;
  uint64_t fingerprint = 0;
  double temperature = 0, precipitation = 0;  // mean of the least and the most; millimetres
};

struct CalendarSnapshot {
  std::string event_id;
  int64_t revision = 0;
  uint64_t fingerprint = 0;
  std::string title;
  absl::Time starts_at, ends_at;  // without an end it ends where it starts
  std::string country;
  bool public_holiday = false;
};

// INVALID_ARGUMENT (VALUE_INVALID): ids, texts, revisions, an end before the start, numbers that are not finite.
absl::StatusOr<PromotionSnapshot> ReadPromotion(const kontor::events::v1::PromotionUpserted& promotion,
                                                const kontor::events::v1::EventRecord& record);
absl::StatusOr<WeatherReport> ReadWeather(const kontor::events::v1::WeatherObserved& weather,
                                          const kontor::events::v1::EventRecord& record);
absl::StatusOr<CalendarSnapshot> ReadCalendarEvent(const kontor::events::v1::CalendarEventUpserted& event,
                                                   const kontor::events::v1::EventRecord& record);

}  // namespace kontor::forecasting
