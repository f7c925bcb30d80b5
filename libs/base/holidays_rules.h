#pragma once

#include <vector>

#include "absl/strings/string_view.h"

// The rules behind holidays.h, as data.
namespace kontor::base {

enum class DayRule {
  kDate,              // month, day
  kEaster,            // `day` days after Easter Sunday
  kNth,               // the `nth` weekday of the month, from its end where negative, then `day` days on
  kFrom,              // the first such weekday from month, day on
  kBefore,            // the last such weekday before month, day
  kFrenchMothersDay,  // the last Sunday of May, or the first of June where that is Whit Sunday
};

// What becomes of a holiday at a weekend.
enum class WeekendRule {
  kStays,
  kMonday,        // the Monday after, or the next day that is no holiday
  kNearest,       // Saturday: the Friday before, Sunday: the Monday after
  kSundayMonday,  // Sunday: the next day that is no holiday; Saturday stays
  kMoves,         // Sunday: to the Saturday before, without a day of its own
};

struct HolidayRule {
  absl::string_view name;
  DayRule rule;
  int month, day, nth;
  int weekday;    // 0 Monday .. 6 Sunday
  int since = 0;  // first year
  WeekendRule weekend = WeekendRule::kStays;
  bool retail = false;
  int until = 9999;  // last year
};

struct CountryRules {
  absl::string_view country;  // or a part of it, by ISO 3166-2
  std::vector<HolidayRule> rules;
};

const std::vector<CountryRules>& AllHolidayRules();  // by country, parts behind the countries

}  // namespace kontor::base
