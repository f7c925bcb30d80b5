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

bool Covers(const Days& days, const Days& others) {
  return std::includes(days.begin(), days.end(), others.begin(), others.end());
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
      if (logged.long_one || !Covers(days, logged.days)) continue;
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

// By name, of those that are more than another name of a public holiday.
std::map<std::string, std::string> TitlesOf(const std::vector<base::Holiday>& holidays, const LoggedEvents& on_log) {
  std::map<std::string, Days> named, retail;
  for (const base::Holiday& holiday : holidays) {
    (holiday.kind == base::HolidayKind::kPublic ? named : retail)[holiday.name].insert(holiday.day);
  }
  for (const auto& [name, days] : retail) {
    const auto covers = [&days = days](const auto& one) { return Covers(one.second, days); };
    if (std::none_of(named.begin(), named.end(), covers)) named[name] = days;
  }
  std::map<std::string, std::string> titles;
  for (const auto& [name, days] : named) titles[name] = on_log.TitleOf(name, days);
  return titles;
}

}  // namespace

absl::StatusOr<std::vector<CalendarEvent>> HolidayEvents(absl::string_view country, absl::CivilDay first,
                                                         absl::CivilDay last, absl::Span<const CalendarEvent> logged) {
  std::vector<CalendarEvent> events;
  if (country.empty()) return events;
  ASSIGN_OR_RETURN(const std::vector<base::Holiday> holidays, base::HolidaysOf(country, first, last));
  const LoggedEvents on_log(country, logged);
  const std::map<std::string, std::string> titles = TitlesOf(holidays, on_log);
  for (const base::Holiday& holiday : holidays) {
    const auto found = titles.find(holiday.name);
    if (found == titles.end()) continue;
    const std::string& title = found->second;
    if (on_log.Knows(title, holiday.day) || on_log.Knows(holiday.name, holiday.day)) continue;
    events.push_back({title, "", holiday.day, holiday.day, holiday.kind == base::HolidayKind::kPublic});
  }
  return events;
}

}  // namespace kontor::forecasting
