#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/time/civil_time.h"
#include "libs/domain/forecasting/factors.h"
#include "services/forecasting/demand_store.h"
#include "services/forecasting/past.h"

namespace kontor::forecasting {

// A promotion of the shop's own, by day.
struct Promotion {
  absl::CivilDay first, last;
  absl::flat_hash_set<std::string> products, stores;  // none: all
  double discount = 0;
};

struct CalendarEvent {
  std::string title, country;
  absl::CivilDay first, last;
  bool public_holiday = false;
};

struct DayWeather {
  double temperature = 0, precipitation = 0;
};

// What was sold of a product in the year up to the end of the data, in a store that a promotion names or ("") others.
struct SoldShare {
  std::string product, store, brand;
  std::vector<std::string> category;
  double units = 0;
};

struct MarketFacts {
  std::vector<Promotion> promotions;
  std::vector<CalendarEvent> events;
  std::map<std::string, std::map<absl::CivilDay, DayWeather>> weather;  // by location
  std::vector<SoldShare> sold;                                          // where a promotion is
};

// The factors of a series from what the log says about the market. Immutable, thread-safe.
//   promotions: the share of the selection's sales (of the last year) that is promoted, times the share taken off; the
//     mean over a step's days. A promotion that names no discount counts with the mean of the others, 1 without any.
//     Where promotions overlap a day is at most the largest discount.
//   calendar: a factor for each title, the share of a step's days; those of the selection's country or of none, the
//     kMostEvents that are on most steps of the past, two at least. Public holidays on fewer, as all are in the first
//     year, are one factor together (kHolidaysFactor).
//   weather: temperature and precipitation, the mean over the location that is the selection's store, else over all;
//     days without any take the mean of the days within kNearDays of the year, of all years. None where fewer than
//     half of the past's days have any.
class Market {
 public:
  explicit Market(MarketFacts facts);

  // `planned` beside the promotions on the log. Values are those of the past's steps and of `horizon` more.
  std::vector<Factor> FactorsOf(const Selection& selection, const Past& past, int horizon,
                                absl::Span<const Promotion> planned = {}) const;
  // Whether weather of the steps to come is the usual one at least in part, because no forecast covers it.
  bool UsesUsualWeather(const Selection& selection, const Past& past, int horizon) const;
  // Days up to `last` of promotions and events, ascending: what is out of the ordinary there has its reason. Without
  // promotions where these are on more than a third of the last year.
  std::vector<absl::CivilDay> ExplainedDays(const Selection& selection, absl::CivilDay last) const;

  static constexpr int kMostEvents = 40, kNearDays = 10;

 private:
  using Weather = std::map<absl::CivilDay, DayWeather>;

  const Weather& WeatherOf(const Selection& selection) const;
  void AddPromotions(const Selection& selection, absl::Span<const Promotion> planned, const Past& past, int horizon,
                     std::vector<Factor>& factors) const;
  void AddEvents(const Selection& selection, const Past& past, int horizon, std::vector<Factor>& factors) const;
  void AddWeather(const Selection& selection, const Past& past, int horizon, std::vector<Factor>& factors) const;

  MarketFacts facts_;
  Weather everywhere_;  // the mean over locations
  double usual_discount_ = 1;
  absl::flat_hash_map<std::string, std::vector<size_t>> sold_of_;  // by product, places in facts_.sold
};

// Seasons of a step width as factors.h reads them.
std::vector<double> PeriodsOf(v1::Grain grain);

constexpr char kPromotionsFactor[] = "promotions", kHolidaysFactor[] = "public holidays";

}  // namespace kontor::forecasting
