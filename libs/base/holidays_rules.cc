#include "libs/base/holidays_rules.h"

#include <algorithm>

#include "absl/types/span.h"

namespace kontor::base {
namespace {

constexpr WeekendRule kStays = WeekendRule::kStays, kNearest = WeekendRule::kNearest;
constexpr WeekendRule kSundayMonday = WeekendRule::kSundayMonday, kMoves = WeekendRule::kMoves;

HolidayRule Date(absl::string_view name, int month, int day, WeekendRule weekend = kStays, int since = 0) {
  return {name, DayRule::kDate, month, day, 0, 0, since, weekend};
}
HolidayRule Easter(absl::string_view name, int days, int since = 0) {
  return {name, DayRule::kEaster, 0, days, 0, 0, since};
}
HolidayRule Nth(absl::string_view name, int month, int nth, int weekday, int since = 0) {
  return {name, DayRule::kNth, month, 0, nth, weekday, since};
}
HolidayRule Before(absl::string_view name, int month, int day, int weekday) {
  return {name, DayRule::kBefore, month, day, 0, weekday};
}
HolidayRule From(absl::string_view name, int month, int day, int weekday) {
  return {name, DayRule::kFrom, month, day, 0, weekday};
}
HolidayRule Until(int year, HolidayRule rule) {
  rule.until = year;
  return rule;
}
HolidayRule Retail(HolidayRule rule) {
  rule.retail = true;
  return rule;
}

constexpr int kMonday = 0, kWednesday = 2, kThursday = 3, kFriday = 4, kSaturday = 5, kSunday = 6;

// The days after the fourth Thursday of November, in all countries of the list by now.
HolidayRule AfterThanksgiving(absl::string_view name, int days, int since) {
  return {name, DayRule::kNth, 11, days, 4, kThursday, since, kStays, true};
}

std::vector<HolidayRule> With(std::vector<HolidayRule> rules, absl::Span<const HolidayRule> more) {
  rules.insert(rules.end(), more.begin(), more.end());
  rules.push_back(Retail(Date("Valentine's Day", 2, 14)));
  rules.push_back(Retail(Date("Halloween", 10, 31)));
  return rules;
}

HolidayRule BlackFriday(int since) { return AfterThanksgiving("Black Friday", 1, since); }
HolidayRule CyberMonday(int since) { return AfterThanksgiving("Cyber Monday", 4, since); }
HolidayRule MothersDayInMay() { return Retail(Nth("Mother's Day", 5, 2, kSunday)); }
HolidayRule FathersDayInJune() { return Retail(Nth("Father's Day", 6, 3, kSunday)); }
HolidayRule ChristmasEve() { return Retail(Date("Christmas Eve", 12, 24)); }
HolidayRule NewYearsEve() { return Retail(Date("New Year's Eve", 12, 31)); }

CountryRules UnitedStates() {
  return {"US",
          With({Date("New Year's Day", 1, 1, kNearest), Nth("Martin Luther King Jr. Day", 1, 3, kMonday, 1986),
                Nth("Washington's Birthday", 2, 3, kMonday, 1971), Nth("Memorial Day", 5, -1, kMonday, 1971),
                Date("Juneteenth", 6, 19, kNearest, 2021), Date("Independence Day", 7, 4, kNearest),
                Nth("Labor Day", 9, 1, kMonday), Nth("Columbus Day", 10, 2, kMonday, 1971),
                Date("Veterans Day", 11, 11, kNearest), Nth("Thanksgiving", 11, 4, kThursday),
                Date("Christmas Day", 12, 25, kNearest)},
               {BlackFriday(0), CyberMonday(2005), MothersDayInMay(), FathersDayInJune(), ChristmasEve(), NewYearsEve(),
                Retail(Easter("Easter Sunday", 0)), Retail(Until(2021, Nth("Super Bowl", 2, 1, kSunday, 2004))),
                Retail(Nth("Super Bowl", 2, 2, kSunday, 2022))})};
}

CountryRules GreatBritain() {
  return {"GB",
          With({Date("New Year's Day", 1, 1, WeekendRule::kMonday), Easter("Good Friday", -2),
                Easter("Easter Monday", 1), Nth("Early May Bank Holiday", 5, 1, kMonday, 1978),
                Nth("Spring Bank Holiday", 5, -1, kMonday, 1971), Nth("Summer Bank Holiday", 8, -1, kMonday, 1971),
                Date("Christmas Day", 12, 25, WeekendRule::kMonday), Date("Boxing Day", 12, 26, WeekendRule::kMonday)},
               {BlackFriday(2010), CyberMonday(2010), Retail(Easter("Mother's Day", -21)), FathersDayInJune(),
                ChristmasEve(), NewYearsEve(), Retail(Easter("Easter Sunday", 0))})};
}

CountryRules Germany() {
  return {"DE", With({Date("New Year's Day", 1, 1), Easter("Good Friday", -2), Easter("Easter Monday", 1),
                      Date("Labour Day", 5, 1), Easter("Ascension Day", 39), Easter("Whit Monday", 50),
                      Date("Day of German Unity", 10, 3, kStays, 1990), Date("Christmas Day", 12, 25),
                      Date("Second Day of Christmas", 12, 26)},
                     {BlackFriday(2013), CyberMonday(2013), MothersDayInMay(), ChristmasEve(), NewYearsEve(),
                      Retail(Date("Saint Nicholas Day", 12, 6))})};
}

CountryRules France() {
  return {"FR", With({Date("New Year's Day", 1, 1), Easter("Easter Monday", 1), Date("Labour Day", 5, 1),
                      Date("Victory Day", 5, 8), Easter("Ascension Day", 39), Easter("Whit Monday", 50),
                      Date("Bastille Day", 7, 14), Date("Assumption Day", 8, 15), Date("All Saints' Day", 11, 1),
                      Date("Armistice Day", 11, 11), Date("Christmas Day", 12, 25)},
                     {BlackFriday(2014), CyberMonday(2014), FathersDayInJune(), ChristmasEve(), NewYearsEve(),
                      Retail({"Mother's Day", DayRule::kFrenchMothersDay, 0, 0, 0, 0})})};
}

CountryRules Australia() {
  return {"AU",
          With({Date("New Year's Day", 1, 1, WeekendRule::kMonday), Date("Australia Day", 1, 26, WeekendRule::kMonday),
                Easter("Good Friday", -2), Easter("Easter Monday", 1), Date("Anzac Day", 4, 25),
                Date("Christmas Day", 12, 25, WeekendRule::kMonday), Date("Boxing Day", 12, 26, WeekendRule::kMonday)},
               {BlackFriday(2013), CyberMonday(2013), MothersDayInMay(), Retail(Nth("Father's Day", 9, 1, kSunday)),
                ChristmasEve(), NewYearsEve(), Retail(Easter("Easter Sunday", 0))})};
}

CountryRules Netherlands() {
  return {"NL",
          With({Date("New Year's Day", 1, 1), Easter("Easter Sunday", 0), Easter("Easter Monday", 1),
                Date("King's Day", 4, 27, kMoves, 2014), Easter("Ascension Day", 39), Easter("Whit Sunday", 49),
                Easter("Whit Monday", 50), Date("Christmas Day", 12, 25), Date("Second Day of Christmas", 12, 26)},
               {BlackFriday(2015), CyberMonday(2015), MothersDayInMay(), FathersDayInJune(),
                Retail(Date("Saint Nicholas' Eve", 12, 5)), NewYearsEve()})};
}

CountryRules Spain() {
  return {"ES", With({Date("New Year's Day", 1, 1), Date("Epiphany", 1, 6), Easter("Good Friday", -2),
                      Date("Labour Day", 5, 1), Date("Assumption Day", 8, 15), Date("National Day", 10, 12),
                      Date("All Saints' Day", 11, 1), Date("Constitution Day", 12, 6, kStays, 1983),
                      Date("Immaculate Conception", 12, 8), Date("Christmas Day", 12, 25)},
                     {BlackFriday(2013), CyberMonday(2013), Retail(Nth("Mother's Day", 5, 1, kSunday)),
                      Retail(Date("Father's Day", 3, 19)), ChristmasEve(), NewYearsEve()})};
}

CountryRules Italy() {
  return {"IT", With({Date("New Year's Day", 1, 1), Date("Epiphany", 1, 6), Easter("Easter Sunday", 0),
                      Easter("Easter Monday", 1), Date("Liberation Day", 4, 25), Date("Labour Day", 5, 1),
                      Date("Republic Day", 6, 2, kStays, 2001), Date("Assumption Day", 8, 15),
                      Date("Saint Francis' Day", 10, 4, kStays, 2026), Date("All Saints' Day", 11, 1),
                      Date("Immaculate Conception", 12, 8), Date("Christmas Day", 12, 25),
                      Date("Saint Stephen's Day", 12, 26)},
                     {BlackFriday(2014), CyberMonday(2014), MothersDayInMay(), Retail(Date("Father's Day", 3, 19)),
                      ChristmasEve(), NewYearsEve()})};
}

CountryRules Belgium() {
  return {"BE",
          With({Date("New Year's Day", 1, 1), Easter("Easter Monday", 1), Date("Labour Day", 5, 1),
                Easter("Ascension Day", 39), Easter("Whit Monday", 50), Date("National Day", 7, 21),
                Date("Assumption Day", 8, 15), Date("All Saints' Day", 11, 1), Date("Armistice Day", 11, 11),
                Date("Christmas Day", 12, 25)},
               {BlackFriday(2015), CyberMonday(2015), MothersDayInMay(), Retail(Nth("Father's Day", 6, 2, kSunday)),
                Retail(Date("Saint Nicholas Day", 12, 6)), ChristmasEve(), NewYearsEve()})};
}

CountryRules Austria() {
  return {
      "AT",
      With({Date("New Year's Day", 1, 1), Date("Epiphany", 1, 6), Easter("Easter Monday", 1), Date("Labour Day", 5, 1),
            Easter("Ascension Day", 39), Easter("Whit Monday", 50), Easter("Corpus Christi", 60),
            Date("Assumption Day", 8, 15), Date("National Day", 10, 26, kStays, 1967), Date("All Saints' Day", 11, 1),
            Date("Immaculate Conception", 12, 8), Date("Christmas Day", 12, 25), Date("Saint Stephen's Day", 12, 26)},
           {BlackFriday(2014), CyberMonday(2014), MothersDayInMay(), Retail(Nth("Father's Day", 6, 2, kSunday)),
            ChristmasEve(), NewYearsEve()})};
}

CountryRules Switzerland() {
  return {"CH",
          With({Date("New Year's Day", 1, 1), Easter("Ascension Day", 39), Date("National Day", 8, 1, kStays, 1994),
                Date("Christmas Day", 12, 25)},
               {BlackFriday(2015), CyberMonday(2015), MothersDayInMay(), Retail(Nth("Father's Day", 6, 1, kSunday)),
                ChristmasEve(), NewYearsEve(), Retail(Easter("Good Friday", -2)), Retail(Easter("Easter Monday", 1))})};
}

CountryRules Ireland() {
  return {"IE",
          With({Date("New Year's Day", 1, 1, WeekendRule::kMonday), Nth("Saint Brigid's Day", 2, 1, kMonday, 2023),
                Date("Saint Patrick's Day", 3, 17, WeekendRule::kMonday), Easter("Easter Monday", 1),
                Nth("May Day", 5, 1, kMonday, 1994), Nth("June Holiday", 6, 1, kMonday),
                Nth("August Holiday", 8, 1, kMonday), Nth("October Holiday", 10, -1, kMonday, 1977),
                Date("Christmas Day", 12, 25, WeekendRule::kMonday),
                Date("Saint Stephen's Day", 12, 26, WeekendRule::kMonday)},
               {BlackFriday(2013), CyberMonday(2013), Retail(Easter("Mother's Day", -21)), FathersDayInJune(),
                ChristmasEve(), NewYearsEve(), Retail(Easter("Good Friday", -2))})};
}

CountryRules Canada() {
  return {"CA", With({Date("New Year's Day", 1, 1, WeekendRule::kMonday),
                      Easter("Good Friday", -2),
                      Before("Victoria Day", 5, 25, kMonday),
                      Date("Canada Day", 7, 1, kSundayMonday),
                      Nth("Labour Day", 9, 1, kMonday),
                      {"Truth and Reconciliation Day", DayRule::kDate, 9, 30, 0, 0, 2021},
                      Nth("Thanksgiving", 10, 2, kMonday, 1957),
                      Date("Remembrance Day", 11, 11),
                      Date("Christmas Day", 12, 25, WeekendRule::kMonday),
                      Date("Boxing Day", 12, 26, WeekendRule::kMonday)},
                     {BlackFriday(2005), CyberMonday(2008), MothersDayInMay(), FathersDayInJune(), ChristmasEve(),
                      NewYearsEve(), Retail(Easter("Easter Sunday", 0))})};
}

CountryRules Sweden() {
  return {"SE", With({Date("New Year's Day", 1, 1), Date("Epiphany", 1, 6), Easter("Good Friday", -2),
                      Easter("Easter Sunday", 0), Easter("Easter Monday", 1), Date("Labour Day", 5, 1),
                      Easter("Ascension Day", 39), Easter("Whit Sunday", 49), Date("National Day", 6, 6, kStays, 2005),
                      From("Midsummer Day", 6, 20, kSaturday), From("All Saints' Day", 10, 31, kSaturday),
                      Date("Christmas Day", 12, 25), Date("Second Day of Christmas", 12, 26)},
                     {BlackFriday(2013), CyberMonday(2013), Retail(From("Midsummer Eve", 6, 19, kFriday)),
                      Retail(Nth("Mother's Day", 5, -1, kSunday)), Retail(Nth("Father's Day", 11, 2, kSunday)),
                      ChristmasEve(), NewYearsEve()})};
}

// What a state of Germany has beside the country's days.
struct StateRule {
  HolidayRule rule;
  std::vector<absl::string_view> states;
};

std::vector<CountryRules> GermanStates() {
  const std::vector<StateRule> own = {
      {Date("Epiphany", 1, 6), {"BW", "BY", "ST"}},
      {Date("International Women's Day", 3, 8, kStays, 2019), {"BE"}},
      {Date("International Women's Day", 3, 8, kStays, 2023), {"MV"}},
      {Easter("Easter Sunday", 0), {"BB"}},
      {Easter("Whit Sunday", 49), {"BB"}},
      {Easter("Corpus Christi", 60), {"BW", "BY", "HE", "NW", "RP", "SL"}},
      {Date("Assumption Day", 8, 15), {"SL"}},
      {Date("World Children's Day", 9, 20, kStays, 2019), {"TH"}},
      {Date("Reformation Day", 10, 31, kStays, 1990), {"BB", "MV", "SN", "ST", "TH"}},
      {Date("Reformation Day", 10, 31, kStays, 2018), {"HB", "HH", "NI", "SH"}},
      {Date("All Saints' Day", 11, 1), {"BW", "BY", "NW", "RP", "SL"}},
      {Before("Repentance and Prayer Day", 11, 23, kWednesday), {"SN"}},
  };
  std::vector<CountryRules> states;
  for (const absl::string_view code : {"DE-BB", "DE-BE", "DE-BW", "DE-BY", "DE-HB", "DE-HE", "DE-HH", "DE-MV", "DE-NI",
                                       "DE-NW", "DE-RP", "DE-SH", "DE-SL", "DE-SN", "DE-ST", "DE-TH"}) {
    CountryRules& state = states.emplace_back(Germany());
    state.country = code;
    for (const auto& [rule, where] : own) {
      if (std::find(where.begin(), where.end(), code.substr(3)) != where.end()) state.rules.push_back(rule);
    }
  }
  return states;
}

std::vector<CountryRules> BritishNations() {
  std::vector<CountryRules> nations(4, GreatBritain());
  nations[0].country = "GB-ENG";
  nations[1].country = "GB-NIR";
  nations[1].rules.push_back(Date("Saint Patrick's Day", 3, 17, WeekendRule::kMonday));
  nations[1].rules.push_back(Date("Battle of the Boyne", 7, 12, WeekendRule::kMonday));
  nations[2].country = "GB-SCT";
  std::erase_if(nations[2].rules, [](const HolidayRule& rule) {
    return rule.name == "Easter Monday" || rule.name == "Summer Bank Holiday";
  });
  nations[2].rules.push_back(Date("Second of January", 1, 2, WeekendRule::kMonday));
  nations[2].rules.push_back(Nth("Summer Bank Holiday", 8, 1, kMonday, 1971));
  nations[2].rules.push_back(Date("Saint Andrew's Day", 11, 30, WeekendRule::kMonday, 2007));
  nations[3].country = "GB-WLS";
  return nations;
}

}  // namespace

const std::vector<CountryRules>& AllHolidayRules() {
  static const auto& rules = *new std::vector<CountryRules>([] {
    std::vector<CountryRules> all = {Austria(), Australia(),   Belgium(), Canada(),       Switzerland(),
                                     Germany(), Spain(),       France(),  GreatBritain(), Ireland(),
                                     Italy(),   Netherlands(), Sweden(),  UnitedStates()};
    for (const std::vector<CountryRules>& parts : {GermanStates(), BritishNations()}) {
      all.insert(all.end(), parts.begin(), parts.end());
    }
    return all;
  }());
  return rules;
}

}  // namespace kontor::base
