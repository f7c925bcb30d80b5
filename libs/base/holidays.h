#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"

namespace kontor::base {

enum class HolidayKind {
  kPublic,  // by law, in the whole country
  kRetail,  // no day off, but shops see it
};

struct Holiday {
  absl::CivilDay day;
  std::string name;  // the same every year, in English
  HolidayKind kind = HolidayKind::kPublic;
  bool observed = false;  // a substitute for a holiday at a weekend; the day itself is listed as well
};

// ISO 3166-1 and 3166-2 codes that HolidaysOf knows: countries, then the states of Germany and the nations of the UK,
// ascending in each.
std::vector<std::string> HolidayCountries();

// Sunday of Easter of the western churches (Meeus, Jones and Butcher's rule of the Gregorian calendar).
absl::CivilDay EasterSunday(int year);

// Holidays from `first` to `last`, both with them, by day, then by name: the rules of today's law, applied to every
// year from the one a holiday was made; single days off by decree (coronations, elections) are not among them, nor
// those of regions where a country is asked for. GB has the days of England and Wales. Parts of countries (DE-BY,
// GB-SCT) have those of the country and their own; days of single towns (Assumption Day in parts of Bavaria) are left
// out. Retail days: Valentine's Day, Mother's and Father's Day by country, Halloween, Black Friday, Cyber Monday,
// Christmas Eve, New Year's Eve where they are no holidays, in the US the Super Bowl. INVALID_ARGUMENT: a country that
// is not known (the message lists those that are), more than 500 years.
absl::StatusOr<std::vector<Holiday>> HolidaysOf(absl::string_view country, absl::CivilDay first, absl::CivilDay last);

}  // namespace kontor::base
