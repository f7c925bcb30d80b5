#include "libs/base/holidays.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kontor::base {
namespace {

// "2024-12-25 Christmas Day", "(observed)" behind a substitute.
std::vector<std::string> Texts(absl::string_view country, int year, HolidayKind kind) {
  std::vector<std::string> texts;
  const auto found = HolidaysOf(country, absl::CivilDay(year, 1, 1), absl::CivilDay(year, 12, 31));
  for (const Holiday& holiday : *found) {
    if (holiday.kind != kind) continue;
    texts.push_back(absl::FormatCivilTime(holiday.day) + " " + holiday.name + (holiday.observed ? " (observed)" : ""));
  }
  return texts;
}

TEST(EasterSunday, IsThatOfTheTables) {
  EXPECT_EQ(EasterSunday(1818), absl::CivilDay(1818, 3, 22));  // the earliest
  EXPECT_EQ(EasterSunday(1943), absl::CivilDay(1943, 4, 25));  // the latest
  EXPECT_EQ(EasterSunday(2000), absl::CivilDay(2000, 4, 23));
  EXPECT_EQ(EasterSunday(2024), absl::CivilDay(2024, 3, 31));
  EXPECT_EQ(EasterSunday(2025), absl::CivilDay(2025, 4, 20));
  EXPECT_EQ(EasterSunday(2026), absl::CivilDay(2026, 4, 5));
}

// gov.uk, bank holidays of England and Wales.
TEST(Holidays, OfGreatBritainWithSubstitutes) {
  EXPECT_THAT(
      Texts("GB", 2021, HolidayKind::kPublic),
      ::testing::ElementsAre("2021-01-01 New Year's Day", "2021-04-02 Good Friday", "2021-04-05 Easter Monday",
                             "2021-05-03 Early May Bank Holiday", "2021-05-31 Spring Bank Holiday",
                             "2021-08-30 Summer Bank Holiday", "2021-12-25 Christmas Day", "2021-12-26 Boxing Day",
                             "2021-12-27 Christmas Day (observed)", "2021-12-28 Boxing Day (observed)"));
  EXPECT_THAT(Texts("GB", 2022, HolidayKind::kPublic),
              ::testing::IsSupersetOf({"2022-01-03 New Year's Day (observed)", "2022-12-26 Boxing Day",
                                       "2022-12-27 Christmas Day (observed)"}));
  EXPECT_THAT(Texts("GB", 2024, HolidayKind::kRetail), ::testing::Contains("2024-03-10 Mother's Day"));
}

// opm.gov, federal holidays; the days of the league and of the trade.
TEST(Holidays, OfTheUnitedStates) {
  EXPECT_THAT(Texts("US", 2021, HolidayKind::kPublic),
              ::testing::ElementsAre("2021-01-01 New Year's Day", "2021-01-18 Martin Luther King Jr. Day",
                                     "2021-02-15 Washington's Birthday", "2021-05-31 Memorial Day",
                                     "2021-06-18 Juneteenth (observed)", "2021-06-19 Juneteenth",
                                     "2021-07-04 Independence Day", "2021-07-05 Independence Day (observed)",
                                     "2021-09-06 Labor Day", "2021-10-11 Columbus Day", "2021-11-11 Veterans Day",
                                     "2021-11-25 Thanksgiving", "2021-12-24 Christmas Day (observed)",
                                     "2021-12-25 Christmas Day", "2021-12-31 New Year's Day (observed)"));
  EXPECT_THAT(Texts("US", 2024, HolidayKind::kRetail),
              ::testing::IsSupersetOf({"2024-02-11 Super Bowl", "2024-05-12 Mother's Day", "2024-11-29 Black Friday",
                                       "2024-12-02 Cyber Monday"}));
  EXPECT_THAT(Texts("US", 2012, HolidayKind::kRetail), ::testing::Contains("2012-02-05 Super Bowl"));
  EXPECT_THAT(Texts("US", 2020, HolidayKind::kPublic), ::testing::Not(::testing::Contains("2020-06-19 Juneteenth")));
}

TEST(Holidays, OfOthers) {
  EXPECT_THAT(Texts("DE", 2024, HolidayKind::kPublic),
              ::testing::ElementsAre("2024-01-01 New Year's Day", "2024-03-29 Good Friday", "2024-04-01 Easter Monday",
                                     "2024-05-01 Labour Day", "2024-05-09 Ascension Day", "2024-05-20 Whit Monday",
                                     "2024-10-03 Day of German Unity", "2024-12-25 Christmas Day",
                                     "2024-12-26 Second Day of Christmas"));
  EXPECT_THAT(Texts("NL", 2025, HolidayKind::kPublic),
              ::testing::Contains("2025-04-26 King's Day"));  // the 27th is a Sunday
  EXPECT_THAT(Texts("CA", 2024, HolidayKind::kPublic),
              ::testing::IsSupersetOf({"2024-05-20 Victoria Day", "2024-10-14 Thanksgiving"}));
  EXPECT_THAT(Texts("SE", 2024, HolidayKind::kPublic),
              ::testing::IsSupersetOf({"2024-06-22 Midsummer Day", "2024-11-02 All Saints' Day"}));
  EXPECT_THAT(Texts("AT", 2024, HolidayKind::kPublic), ::testing::Contains("2024-05-30 Corpus Christi"));
  EXPECT_THAT(Texts("AU", 2025, HolidayKind::kPublic), ::testing::Contains("2025-01-27 Australia Day (observed)"));
  EXPECT_THAT(Texts("IE", 2024, HolidayKind::kPublic),
              ::testing::IsSupersetOf({"2024-02-05 Saint Brigid's Day", "2024-10-28 October Holiday"}));
  EXPECT_EQ(Texts("FR", 2024, HolidayKind::kPublic).size(), 11);
  EXPECT_EQ(Texts("BE", 2024, HolidayKind::kPublic).size(), 10);
  EXPECT_EQ(Texts("ES", 2024, HolidayKind::kPublic).size(), 10);
}

// service-public.fr: the first Sunday of June where the last of May is Whit Sunday.
TEST(Holidays, MothersDayOfFrance) {
  for (const auto& [year, day] :
       {std::pair(2012, "2012-06-03"), std::pair(2020, "2020-06-07"), std::pair(2023, "2023-06-04"),
        std::pair(2024, "2024-05-26"), std::pair(2025, "2025-05-25")}) {
    EXPECT_THAT(Texts("FR", year, HolidayKind::kRetail), ::testing::Contains(std::string(day) + " Mother's Day"));
  }
}

// gov.uk, bank holidays of Scotland and of Northern Ireland.
TEST(Holidays, OfTheNationsOfTheUnitedKingdom) {
  EXPECT_THAT(Texts("GB-SCT", 2024, HolidayKind::kPublic),
              ::testing::ElementsAre("2024-01-01 New Year's Day", "2024-01-02 Second of January",
                                     "2024-03-29 Good Friday", "2024-05-06 Early May Bank Holiday",
                                     "2024-05-27 Spring Bank Holiday", "2024-08-05 Summer Bank Holiday",
                                     "2024-11-30 Saint Andrew's Day", "2024-12-02 Saint Andrew's Day (observed)",
                                     "2024-12-25 Christmas Day", "2024-12-26 Boxing Day"));
  EXPECT_THAT(Texts("GB-NIR", 2024, HolidayKind::kPublic),
              ::testing::IsSupersetOf({"2024-03-18 Saint Patrick's Day (observed)", "2024-04-01 Easter Monday",
                                       "2024-07-12 Battle of the Boyne", "2024-08-26 Summer Bank Holiday"}));
  EXPECT_EQ(Texts("GB-ENG", 2021, HolidayKind::kPublic), Texts("GB", 2021, HolidayKind::kPublic));
  EXPECT_EQ(Texts("GB-WLS", 2021, HolidayKind::kPublic), Texts("GB", 2021, HolidayKind::kPublic));
}

// The states' holiday acts: how many days each has in 2024, and those that differ.
TEST(Holidays, OfTheStatesOfGermany) {
  const std::vector<std::pair<const char*, size_t>> counts = {
      {"DE-BB", 12}, {"DE-BE", 10}, {"DE-BW", 12}, {"DE-BY", 12}, {"DE-HB", 10}, {"DE-HE", 10},
      {"DE-HH", 10}, {"DE-MV", 11}, {"DE-NI", 10}, {"DE-NW", 11}, {"DE-RP", 11}, {"DE-SH", 10},
      {"DE-SL", 12}, {"DE-SN", 11}, {"DE-ST", 11}, {"DE-TH", 11}};
  for (const auto& [state, count] : counts) EXPECT_EQ(Texts(state, 2024, HolidayKind::kPublic).size(), count) << state;
  EXPECT_THAT(Texts("DE-SN", 2024, HolidayKind::kPublic), ::testing::Contains("2024-11-20 Repentance and Prayer Day"));
  EXPECT_THAT(Texts("DE-SN", 2023, HolidayKind::kPublic), ::testing::Contains("2023-11-22 Repentance and Prayer Day"));
  EXPECT_THAT(
      Texts("DE-BY", 2024, HolidayKind::kPublic),
      ::testing::IsSupersetOf({"2024-01-06 Epiphany", "2024-05-30 Corpus Christi", "2024-11-01 All Saints' Day"}));
  EXPECT_THAT(Texts("DE-NI", 2016, HolidayKind::kPublic),
              ::testing::Not(::testing::Contains("2016-10-31 Reformation Day")));
}

TEST(Holidays, KeepToTheirRange) {
  const auto days = HolidaysOf("US", absl::CivilDay(2021, 12, 31), absl::CivilDay(2022, 1, 1));
  ASSERT_TRUE(days.ok()) << days.status();
  ASSERT_EQ(days->size(), 3u);  // the substitute, New Year's Eve, New Year's Day
  EXPECT_EQ((*days)[2].day, absl::CivilDay(2022, 1, 1));
  const auto none = HolidaysOf("DE", absl::CivilDay(2022, 1, 2), absl::CivilDay(2022, 1, 1));
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_TRUE(none->empty());
  EXPECT_THAT(HolidayCountries(), ::testing::SizeIs(14 + 16 + 4));
}

TEST(Holidays, RefuseUnknownCountries) {
  EXPECT_TRUE(absl::IsInvalidArgument(HolidaysOf("XX", absl::CivilDay(2022), absl::CivilDay(2023)).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(HolidaysOf("DE", absl::CivilDay(1000), absl::CivilDay(2023)).status()));
}

}  // namespace
}  // namespace kontor::base
