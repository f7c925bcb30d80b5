#include "libs/base/holidays.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/holidays_rules.h"

namespace kontor::base {
namespace {

constexpr int kSaturday = 5, kSunday = 6;

int WeekdayOf(absl::CivilDay day) { return static_cast<int>(absl::GetWeekday(day)); }  // 0 Monday .. 6 Sunday

absl::CivilDay OnOrAfter(absl::CivilDay day, int weekday) { return day + (weekday - WeekdayOf(day) + 7) % 7; }

absl::CivilDay DayOf(const HolidayRule& rule, int year) {
  switch (rule.rule) {
    case DayRule::kDate:
      return absl::CivilDay(year, rule.month, rule.day);
    case DayRule::kEaster:
      return EasterSunday(year) + rule.day;
    case DayRule::kNth:
      if (rule.nth < 0)
        return OnOrAfter(absl::CivilDay(year, rule.month + 1, 1) + 7 * rule.nth, rule.weekday) + rule.day;
      return OnOrAfter(absl::CivilDay(year, rule.month, 1), rule.weekday) + 7 * (rule.nth - 1) + rule.day;
    case DayRule::kFrom:
      return OnOrAfter(absl::CivilDay(year, rule.month, rule.day), rule.weekday);
    case DayRule::kBefore:
      return OnOrAfter(absl::CivilDay(year, rule.month, rule.day) - 7, rule.weekday);
    case DayRule::kFrenchMothersDay: {
      const absl::CivilDay last = OnOrAfter(absl::CivilDay(year, 6, 1) - 7, kSunday);
      return last == EasterSunday(year) + 49 ? last + 7 : last;
    }
  }
  return absl::CivilDay();
}

absl::CivilDay NextFree(absl::CivilDay day, const std::set<absl::CivilDay>& taken) {
  do {
    ++day;
  } while (WeekdayOf(day) >= kSaturday || taken.contains(day));
  return day;
}

// The day that is taken instead of a holiday at a weekend; the day itself where none is.
absl::CivilDay SubstituteOf(const HolidayRule& rule, absl::CivilDay day, const std::set<absl::CivilDay>& taken) {
  const int weekday = WeekdayOf(day);
  if (weekday < kSaturday) return day;
  switch (rule.weekend) {
    case WeekendRule::kMonday:
      return NextFree(day, taken);
    case WeekendRule::kNearest:
      return weekday == kSaturday ? day - 1 : day + 1;
    case WeekendRule::kSundayMonday:
      return weekday == kSunday ? NextFree(day, taken) : day;
    default:
      return day;
  }
}

void AddYear(const std::vector<HolidayRule>& rules, int year, std::vector<Holiday>& holidays) {
  std::set<absl::CivilDay> taken;
  std::vector<std::pair<const HolidayRule*, absl::CivilDay>> days;
  for (const HolidayRule& rule : rules) {
    if (year < rule.since || year > rule.until) continue;
    absl::CivilDay day = DayOf(rule, year);
    if (rule.weekend == WeekendRule::kMoves && WeekdayOf(day) == kSunday) --day;
    days.emplace_back(&rule, day);
    if (!rule.retail) taken.insert(day);
  }
  for (const auto& [rule, day] : days) {
    const HolidayKind kind = rule->retail ? HolidayKind::kRetail : HolidayKind::kPublic;
    holidays.push_back({day, std::string(rule->name), kind, false});
    const absl::CivilDay substitute = SubstituteOf(*rule, day, taken);
    if (substitute == day) continue;
    taken.insert(substitute);
    holidays.push_back({substitute, std::string(rule->name), kind, true});
  }
}

}  // namespace

std::vector<std::string> HolidayCountries() {
  std::vector<std::string> countries;
  for (const CountryRules& rules : AllHolidayRules()) countries.emplace_back(rules.country);
  return countries;
}

absl::CivilDay EasterSunday(int year) {
  const int a = year % 19, b = year / 100, c = year % 100;
  const int h = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
  const int l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
  const int m = (a + 11 * h + 22 * l) / 451, sum = h + l - 7 * m + 114;
  return absl::CivilDay(year, sum / 31, sum % 31 + 1);
}

absl::StatusOr<std::vector<Holiday>> HolidaysOf(absl::string_view country, absl::CivilDay first, absl::CivilDay last) {
  const auto& all = AllHolidayRules();
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& rules) { return rules.country == country; });
  if (found == all.end()) {
    return absl::InvalidArgumentError(absl::StrCat("no holidays of '", country, "' are known; of ",
                                                   absl::StrJoin(HolidayCountries(), ", "), " they are"));
  }
  if (last.year() - first.year() > 500) return absl::InvalidArgumentError("holidays are given for 500 years at most");
  std::vector<Holiday> holidays;
  // A substitute may lie in the year before.
  for (auto year = first.year(); year <= last.year() + 1; ++year) {
    AddYear(found->rules, static_cast<int>(year), holidays);
  }
  std::erase_if(holidays, [&](const Holiday& holiday) { return holiday.day < first || holiday.day > last; });
  std::sort(holidays.begin(), holidays.end(), [](const Holiday& one, const Holiday& other) {
    return std::tie(one.day, one.name) < std::tie(other.day, other.name);
  });
  return holidays;
}

}  // namespace kontor::base
