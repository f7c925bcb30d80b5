#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/types/span.h"
#include "services/forecasting/market.h"

namespace kontor::forecasting {

// The public holidays and retail days of a shop's country (libs/base/holidays.h) from `first` to `last` as events that
// count for all that the shop sells, by day; a retail day that is a public holiday is that alone. What the log says of
// them goes first, so that no day counts twice; of the log's events are heard those of the country, of the whole that
// it is a part of, and of none:
// - An event whose days are all days of one holiday is that holiday, which then has the event's title in every year, so
//   that what the past tells of it is known for the event; the title of the last of several such events.
// - In a year in which the log has an event of a holiday's title, capital letters or not, its days are the log's alone.
// - A day that is a public holiday on the log, of a week at most, is none of the calendar's.
// Empty without a country. Errors are those of base::HolidaysOf.
absl::StatusOr<std::vector<CalendarEvent>> HolidayEvents(absl::string_view country, absl::CivilDay first,
                                                         absl::CivilDay last, absl::Span<const CalendarEvent> logged);

}  // namespace kontor::forecasting
