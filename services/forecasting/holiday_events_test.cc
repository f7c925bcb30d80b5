#include "services/forecasting/holiday_events.h"

#include <cmath>
#include <map>
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/holidays.h"
#include "libs/base/random.h"
#include "libs/testing/status_matchers.h"
#include "services/forecasting/calendar.h"
#include "services/forecasting/series_forecast.h"

namespace kontor::forecasting {
namespace {

using kontor::testing::StatusIs;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const absl::CivilDay kFirst(2023), kLast(2026, 12, 31);
constexpr bool kPublic = true;

// What GB's calendar adds to the log from 2023 to 2026: days by title.
std::map<std::string, std::vector<absl::CivilDay>> Added(const std::vector<CalendarEvent>& logged,
                                                         absl::string_view country = "GB") {
  std::map<std::string, std::vector<absl::CivilDay>> out;
  const auto events = HolidayEvents(country, kFirst, kLast, logged);
  EXPECT_TRUE(events.ok()) << events.status();
  for (const CalendarEvent& event : *events) {
    EXPECT_EQ(event.first, event.last);
    EXPECT_EQ(event.country, "");
    out[event.title].push_back(event.first);
  }
  return out;
}

absl::CivilDay Christmas(int year) { return absl::CivilDay(year, 12, 25); }

TEST(HolidayEvents, AreThoseOfTheCountry) {
  const auto added = Added({});
  EXPECT_THAT(added.at("Christmas Day"),
              ElementsAre(Christmas(2023), Christmas(2024), Christmas(2025), Christmas(2026)));
  EXPECT_THAT(added.at("Black Friday"), Contains(absl::CivilDay(2025, 11, 28)));
  EXPECT_THAT(Added({}, ""), IsEmpty());
  EXPECT_THAT(HolidayEvents("XX", kFirst, kLast, {}), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(HolidayEvents, AnEventOfTheTitleIsTheHolidayOfItsYear) {
  const absl::CivilDay monday(2025, 11, 24);
  const auto added = Added({{"BLACK FRIDAY", "", monday, monday + 6}});
  EXPECT_THAT(added.at("Black Friday"),
              ElementsAre(absl::CivilDay(2023, 11, 24), absl::CivilDay(2024, 11, 29), absl::CivilDay(2026, 11, 27)));
  EXPECT_EQ(added.at("Cyber Monday").size(), 4u);
}

TEST(HolidayEvents, APublicHolidayOnTheLogTakesItsDays) {
  const auto added = Added({{"the holidays", "", Christmas(2024), Christmas(2024) + 1, kPublic}});
  EXPECT_THAT(added.at("Christmas Day"), ElementsAre(Christmas(2023), Christmas(2025), Christmas(2026)));
  EXPECT_EQ(added.at("Boxing Day").size(), Added({}).at("Boxing Day").size() - 1);
  // What is no public holiday, and more than a holiday's days, stands beside it.
  EXPECT_EQ(Added({{"sale", "", Christmas(2024), Christmas(2024) + 1}}), Added({}));
}

TEST(HolidayEvents, AnEventOnAHolidaysDaysAloneIsKnownFromItsPast) {
  const auto added = Added({{"Weihnachten", "", Christmas(2026), Christmas(2026)}});
  EXPECT_THAT(added.at("Weihnachten"), ElementsAre(Christmas(2023), Christmas(2024), Christmas(2025)));
  EXPECT_FALSE(added.contains("Christmas Day"));
  // A fair that was held on a holiday once is none.
  const absl::CivilDay summer(2025, 6, 11);
  EXPECT_EQ(Added({{"fair", "", Christmas(2026), Christmas(2026)}, {"fair", "", summer, summer}}), Added({}));
}

TEST(HolidayEvents, EventsOfOtherCountriesAreNotHeard) {
  const auto on = [](const std::string& country) {
    return std::vector<CalendarEvent>{{"Noël", country, Christmas(2025), Christmas(2025), kPublic}};
  };
  EXPECT_EQ(Added(on("FR")), Added({}));
  EXPECT_EQ(Added(on("G")), Added({}));
  EXPECT_TRUE(Added(on("GB")).contains("Noël"));
  EXPECT_TRUE(Added(on("GB"), "GB-SCT").contains("Noël"));
  EXPECT_EQ(Added(on("GB-SCT")), Added({}));
}

// Else no regression could tell them apart: Halloween is Reformation Day in parts of Germany, since 2018 in some.
TEST(HolidayEvents, NoTwoOfACountryHaveTheSameDays) {
  for (const std::string& country : base::HolidayCountries()) {
    std::map<std::vector<absl::CivilDay>, std::string> by_days;
    std::map<std::string, std::vector<absl::CivilDay>> by_title;
    const auto events = HolidayEvents(country, absl::CivilDay(1996), kLast, {});
    for (const CalendarEvent& event : *events) {
      if (event.first >= kFirst) by_title[event.title].push_back(event.first);
    }
    for (const auto& [title, days] : by_title) {
      EXPECT_TRUE(by_days.emplace(days, title).second) << country << ": " << title << ", " << by_days[days];
    }
  }
}

// 710 days of a British shop up to 2025-12-10 that sells `on_holidays` of 50 on public holidays.
StoredForecast ForecastOfShop(double on_holidays, bool knows_holidays) {
  Past past;
  const absl::CivilDay first(2024, 1, 1);
  past.first_step = StepOf(first, v1::GRAIN_DAY);
  std::set<absl::CivilDay> holidays;
  const auto days = base::HolidaysOf("GB", first, kLast);
  for (const base::Holiday& holiday : *days) {
    if (holiday.kind == base::HolidayKind::kPublic) holidays.insert(holiday.day);
  }
  base::Random random(3);
  for (int day = 0; day < 710; ++day) {
    const double sold = std::round((50 + 4 * random.Normal()) * (holidays.contains(first + day) ? on_holidays : 1));
    past.cleaned.push_back(sold);
    past.sold.push_back(static_cast<absl::int128>(sold) * 1'000'000'000);
  }
  MarketFacts facts;
  facts.events = *HolidayEvents(knows_holidays ? "GB" : "", first, kLast, {});
  auto forecast = ForecastPast(past, Market(std::move(facts)), {}, 28, true);
  EXPECT_TRUE(forecast.ok()) << forecast.status();
  return *std::move(forecast);
}

TEST(HolidayEvents, AHolidayToComeMovesTheForecastWhereThePastShowsAnEffect) {
  constexpr size_t kChristmas = 14;  // days from 2025-12-11 on
  const StoredForecast knows = ForecastOfShop(0.2, true), does_not = ForecastOfShop(0.2, false);
  EXPECT_THAT(knows.factors, ::testing::Not(IsEmpty()));
  EXPECT_NEAR(knows.mean[kChristmas], 10, 4);
  EXPECT_NEAR(knows.mean[kChristmas - 3], 50, 3);
  EXPECT_LT(*knows.factors_wape, *knows.factorless_wape);
  EXPECT_GT(does_not.mean[kChristmas], 40);
  EXPECT_THAT(does_not.factors, IsEmpty());
}

TEST(HolidayEvents, HolidaysWithoutAnEffectAreNotUsed) {
  const StoredForecast forecast = ForecastOfShop(1, true);
  EXPECT_THAT(forecast.factors, IsEmpty());
  for (const double mean : forecast.mean) EXPECT_NEAR(mean, 50, 3);
}

}  // namespace
}  // namespace kontor::forecasting
