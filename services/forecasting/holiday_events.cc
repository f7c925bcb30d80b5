#include "services/forecasting/holiday_events.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "libs/base/holidays.h"
#include "libs/base/status.h"

namespace kontor::forecasting {
namespace {

constexpr int64_t kLongest = 7;  // days of an event that can be a holiday

using Days = std::set<absl::CivilDay>;

// Whether an event in `other` is one of a shop in `country`.
bool IsOf(absl::string_view country, absl::string_view other) {
  return other.empty() || other == country || (absl::StartsWith(country, other) && country[other.size()] == '-');
}

struct Logged {
  Days days;
  bool long_one = false;  // at least one of its events is too long to be a holiday
};

// What the log says, by title.
class LoggedEvents {
 public:
  LoggedEvents(absl::string_view country, absl::Span<const CalendarEvent> events) {
    for (const CalendarEvent& event : events) {
      if (IsOf(country, event.country)) Add(event);
    }
  }
  // The title of the event that is the holiday of these days; `name` where none is.
  std::string TitleOf(const std::string& name, const Days& days) const {
    const std::pair<const std::string, Logged>* last = nullptr;
    for (const auto& one : by_title_) {
      const auto& [title, logged] = one;
      if (logged.long_one || !std::includes(days.begin(), days.end(), logged.days.begin(), logged.days.end())) continue;
      if (last == nullptr || *last->second.days.rbegin() < *logged.days.rbegin()) last = &one;
    }
    return last == nullptr ? name : last->first;
  }
  bool Knows(const std::string& title, absl::CivilDay day) const {
    return public_holidays_.contains(day) || years_.contains({absl::AsciiStrToLower(title), day.year()});
  }

 private:
  void Add(const CalendarEvent& event) {
    for (auto year = event.first.year(); year <= event.last.year(); ++year) {
      years_.emplace(absl::AsciiStrToLower(event.title), year);
    }
    Logged& logged = by_title_[event.title];
    if (event.last - event.first >= kLongest) {
      logged.long_one = true;
      return;
    }
    for (absl::CivilDay day = event.first; day <= event.last; ++day) {
      logged.days.insert(day);
      if (event.public_holiday) public_holidays_.insert(day);
    }
  }

  std::map<std::string, Logged> by_title_;
  std::set<std::pair<std::string, absl::civil_year_t>> years_;  // in which a title is, in small letters
  Days public_holidays_;
};

// Without retail days that are public holidays.
absl::StatusOr<std::vector<base::Holiday>> ReadHolidays(absl::string_view country, absl::CivilDay first,
                                                        absl::CivilDay last) {
  ASSIGN_OR_RETURN(std::vector<base::Holiday> holidays, base::HolidaysOf(country, first, last));
  Days public_days;
  for (const base::Holiday& holiday : holidays) {
    if (holiday.kind == base::HolidayKind::kPublic) public_days.insert(holiday.day);
  }
  std::erase_if(holidays, [&](const base::Holiday& holiday) {
    return holiday.kind == base::HolidayKind::kRetail && public_days.contains(holiday.day);
  });
  return holidays;
}

}  // namespace

absl::StatusOr<std::vector<CalendarEvent>> HolidayEvents(absl::string_view country, absl::CivilDay first,
                                                         absl::CivilDay last, absl::Span<const CalendarEvent> logged) {
  std::vector<CalendarEvent> events;
  if (country.empty()) return events;
  ASSIGN_OR_RETURN(const std::vector<base::Holiday> holidays, ReadHolidays(country, first, last));
  const LoggedEvents on_log(country, logged);
  std::map<std::string, Days> by_name;
  for (const base::Holiday& holiday : holidays) by_name[holiday.name].insert(holiday.day);
  std::map<std::string, std::string> titles;
  for (const auto& [name, days] : by_name) titles[name] = on_log.TitleOf(name, days);
  for (const base::Holiday& holiday : holidays) {
    const std::string& title = titles[holiday.name];
    if (on_log.Knows(title, holiday.day) || on_log.Knows(holiday.name, holiday.day)) continue;
    events.push_back({title, "", holiday.day, holiday.day, holiday.kind == base::HolidayKind::kPublic});
  }
  return events;
}

}  // namespace kontor::forecasting
