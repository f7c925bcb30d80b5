#include "services/forecasting/market.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/forecasting/calendar.h"

namespace kontor::forecasting {
namespace {

constexpr char kTemperature[] = "temperature", kPrecipitation[] = "precipitation";
constexpr int kYearDays = 366, kLeastEventSteps = 2;

// The days of a past's steps and of those to come.
struct Range {
  absl::CivilDay first, next, end;  // the first, the first to come, the one after the last

  Range(const Past& past, int horizon)
      : first(FirstDay(past.first_step, past.grain)),
        next(FirstDay(past.next_step(), past.grain)),
        end(FirstDay(past.next_step() + horizon, past.grain)) {}
  size_t size() const { return static_cast<size_t>(end - first); }
};

// Means of days by step.
std::vector<double> ByStep(const std::vector<double>& days, const Range& range, const Past& past, int horizon) {
  std::vector<double> steps(past.sold.size() + static_cast<size_t>(horizon), 0), counts(steps.size(), 0);
  for (size_t i = 0; i < days.size(); ++i) {
    const int64_t step = StepOf(range.first + static_cast<int64_t>(i), past.grain) - past.first_step;
    steps[static_cast<size_t>(step)] += days[i];
    ++counts[static_cast<size_t>(step)];
  }
  for (size_t i = 0; i < steps.size(); ++i) steps[i] /= counts[i];
  return steps;
}

bool Begins(const std::vector<std::string>& path, const std::vector<std::string>& with) {
  return path.size() >= with.size() && std::equal(with.begin(), with.end(), path.begin());
}

// What the selection sold, by product and store.
class Mix {
 public:
  void Add(const SoldShare& sold) {
    units_[sold.product].emplace_back(sold.store, sold.units);
    total_ += sold.units;
  }
  // The share that a promotion is for.
  double Share(const Promotion& promotion) const {
    double promoted = 0;
    const auto add = [&](const auto& stores) {
      for (const auto& [store, units] : stores) {
        if (promotion.stores.empty() || promotion.stores.contains(store)) promoted += units;
      }
    };
    if (promotion.products.empty()) {
      for (const auto& [product, stores] : units_) add(stores);
    }
    for (const std::string& product : promotion.products) {
      if (const auto found = units_.find(product); found != units_.end()) add(found->second);
    }
    return total_ > 0 ? promoted / total_ : 0;
  }

 private:
  absl::flat_hash_map<std::string, std::vector<std::pair<std::string, double>>> units_;
  double total_ = 0;
};

int DayOfYear(absl::CivilDay day) { return absl::GetYearDay(day) - 1; }

// The mean of the days within kNearDays of each day of the year; `all` where there are none.
std::vector<DayWeather> UsualWeather(const std::map<absl::CivilDay, DayWeather>& weather, absl::CivilDay before) {
  std::vector<DayWeather> sums(kYearDays);
  std::vector<double> counts(kYearDays, 0);
  DayWeather all;
  double count = 0;
  for (const auto& [day, at] : weather) {
    if (day >= before) break;
    for (int near = -Market::kNearDays; near <= Market::kNearDays; ++near) {
      const auto place = static_cast<size_t>((DayOfYear(day) + near + kYearDays) % kYearDays);
      sums[place].temperature += at.temperature;
      sums[place].precipitation += at.precipitation;
      ++counts[place];
    }
    all.temperature += at.temperature;
    all.precipitation += at.precipitation;
    ++count;
  }
  for (size_t i = 0; i < sums.size(); ++i) {
    const DayWeather& sum = counts[i] > 0 ? sums[i] : all;
    const double by = std::max(1.0, counts[i] > 0 ? counts[i] : count);
    sums[i] = {sum.temperature / by, sum.precipitation / by};
  }
  return sums;
}

// 1 on the days of a range on which something is.
struct EventDays {
  std::vector<double> days;
  bool public_holiday = false;

  void Add(const CalendarEvent& event, const Range& range) {
    days.resize(range.size(), 0);
    const absl::CivilDay last = std::min(event.last, range.end - 1);
    for (absl::CivilDay day = std::max(event.first, range.first); day <= last; ++day) {
      days[static_cast<size_t>(day - range.first)] = 1;
    }
    public_holiday = public_holiday || event.public_holiday;
  }
};

// A title that is no other factor's name.
std::string FactorNameOf(const std::string& title) {
  const char* const taken[] = {kPromotionsFactor, kHolidaysFactor, kTemperature, kPrecipitation};
  return std::find(std::begin(taken), std::end(taken), title) == std::end(taken) ? title
                                                                                 : absl::StrCat("event: ", title);
}

bool IsPromoted(const Promotion& promotion, const Selection& selection) {
  if (!promotion.stores.empty() && !selection.store.empty() && !promotion.stores.contains(selection.store)) {
    return false;
  }
  return promotion.products.empty() || selection.products.empty() ||
         std::any_of(selection.products.begin(), selection.products.end(),
                     [&](const std::string& product) { return promotion.products.contains(product); });
}

}  // namespace

Market::Market(MarketFacts facts) : facts_(std::move(facts)) {
  double sum = 0, count = 0;
  for (const Promotion& promotion : facts_.promotions) {
    sum += promotion.discount;
    count += promotion.discount > 0 ? 1 : 0;
  }
  if (count > 0) usual_discount_ = sum / count;
  for (size_t i = 0; i < facts_.sold.size(); ++i) sold_of_[facts_.sold[i].product].push_back(i);
  std::map<absl::CivilDay, double> locations;
  for (const auto& [location, days] : facts_.weather) {
    for (const auto& [day, at] : days) {
      everywhere_[day].temperature += at.temperature;
      everywhere_[day].precipitation += at.precipitation;
      ++locations[day];
    }
  }
  for (auto& [day, at] : everywhere_) {
    at.temperature /= locations[day];
    at.precipitation /= locations[day];
  }
}

const Market::Weather& Market::WeatherOf(const Selection& selection) const {
  const auto store = facts_.weather.find(selection.store);
  return selection.store.empty() || store == facts_.weather.end() ? everywhere_ : store->second;
}

void Market::AddPromotions(const Selection& selection, absl::Span<const Promotion> planned, const Past& past,
                           int horizon, std::vector<Factor>& factors) const {
  if (facts_.promotions.empty() && planned.empty()) return;
  const bool named = std::any_of(facts_.promotions.begin(), facts_.promotions.end(),
                                 [&](const Promotion& one) { return one.stores.contains(selection.store); });
  Mix mix;
  const auto add = [&](const SoldShare& sold) {
    if (!selection.store.empty() && sold.store != (named ? selection.store : "")) return;
    if (!selection.brand.empty() && sold.brand != selection.brand) return;
    if (Begins(sold.category, selection.category)) mix.Add(sold);
  };
  if (selection.products.empty()) {
    for (const SoldShare& sold : facts_.sold) add(sold);
  }
  for (const std::string& product : selection.products) {
    const auto places = sold_of_.find(product);
    if (places == sold_of_.end()) continue;
    for (const size_t place : places->second) add(facts_.sold[place]);
  }
  const Range range(past, horizon);
  std::vector<double> days(range.size(), 0), most(range.size(), 0);
  for (const absl::Span<const Promotion> promotions : {absl::MakeConstSpan(facts_.promotions), planned}) {
    for (const Promotion& promotion : promotions) {
      if (!IsPromoted(promotion, selection)) continue;
      const double share = mix.Share(promotion);
      if (share == 0) continue;
      const double discount = promotion.discount > 0 ? promotion.discount : usual_discount_;
      const absl::CivilDay last = std::min(promotion.last, range.end - 1);
      for (absl::CivilDay day = std::max(promotion.first, range.first); day <= last; ++day) {
        const auto place = static_cast<size_t>(day - range.first);
        most[place] = std::max(most[place], discount);
        days[place] = std::min(most[place], days[place] + share * discount);
      }
    }
  }
  factors.push_back({FactorKind::kPromotion, kPromotionsFactor, ByStep(days, range, past, horizon)});
}

void Market::AddEvents(const Selection& selection, const Past& past, int horizon, std::vector<Factor>& factors) const {
  const Range range(past, horizon);
  std::map<std::string, EventDays> by_title;
  for (const CalendarEvent& event : facts_.events) {
    if (!selection.country.empty() && !event.country.empty() && event.country != selection.country) continue;
    if (event.last < range.first || event.first >= range.end) continue;
    by_title[FactorNameOf(event.title)].Add(event, range);
  }
  std::vector<std::pair<int64_t, Factor>> found;  // minus the steps of the past
  const auto add = [&](const std::string& name, const std::vector<double>& days) {
    Factor factor{FactorKind::kCalendar, name, ByStep(days, range, past, horizon)};
    const auto begin = factor.values.begin();
    const auto size = static_cast<ptrdiff_t>(past.sold.size());
    const int64_t steps = std::count_if(begin, begin + size, [](double value) { return value > 0; });
    if (steps >= kLeastEventSteps) found.emplace_back(-steps, std::move(factor));
    return steps >= kLeastEventSteps;
  };
  std::vector<double> rare(range.size(), 0);
  for (const auto& [name, event] : by_title) {
    if (add(name, event.days) || !event.public_holiday) continue;
    for (size_t i = 0; i < rare.size(); ++i) rare[i] = std::max(rare[i], event.days[i]);
  }
  add(kHolidaysFactor, rare);
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (size_t i = 0; i < std::min<size_t>(found.size(), kMostEvents); ++i) {
    factors.push_back(std::move(found[i].second));
  }
}

void Market::AddWeather(const Selection& selection, const Past& past, int horizon, std::vector<Factor>& factors) const {
  const Weather& weather = WeatherOf(selection);
  const Range range(past, horizon);
  const auto known = std::distance(weather.lower_bound(range.first), weather.lower_bound(range.next));
  if (2 * known < range.next - range.first || known == 0) return;
  const std::vector<DayWeather> usual = UsualWeather(weather, range.next);
  std::vector<double> temperature, precipitation;
  for (absl::CivilDay day = range.first; day < range.end; ++day) {
    const auto at = weather.find(day);
    const DayWeather& read = at == weather.end() ? usual[static_cast<size_t>(DayOfYear(day))] : at->second;
    temperature.push_back(read.temperature);
    precipitation.push_back(read.precipitation);
  }
  factors.push_back({FactorKind::kWeather, kTemperature, ByStep(temperature, range, past, horizon)});
  factors.push_back({FactorKind::kWeather, kPrecipitation, ByStep(precipitation, range, past, horizon)});
}

std::vector<Factor> Market::FactorsOf(const Selection& selection, const Past& past, int horizon,
                                      absl::Span<const Promotion> planned) const {
  std::vector<Factor> factors;
  AddPromotions(selection, planned, past, horizon, factors);
  AddEvents(selection, past, horizon, factors);
  AddWeather(selection, past, horizon, factors);
  return factors;
}

bool Market::UsesUsualWeather(const Selection& selection, const Past& past, int horizon) const {
  const Weather& weather = WeatherOf(selection);
  const Range range(past, horizon);
  return std::distance(weather.lower_bound(range.next), weather.lower_bound(range.end)) < range.end - range.next;
}

std::vector<absl::CivilDay> Market::ExplainedDays(const Selection& selection, absl::CivilDay last) const {
  std::set<absl::CivilDay> promoted, days;
  const auto add = [&](absl::CivilDay from, absl::CivilDay to, std::set<absl::CivilDay>& out) {
    for (absl::CivilDay day = std::max(from, kEpoch); day <= std::min(to, last); ++day) out.insert(day);
  };
  for (const Promotion& promotion : facts_.promotions) {
    if (IsPromoted(promotion, selection)) add(promotion.first, promotion.last, promoted);
  }
  for (const CalendarEvent& event : facts_.events) add(event.first, event.last, days);
  const auto lately = std::distance(promoted.upper_bound(last - kYearDays), promoted.end());
  if (3 * lately <= kYearDays) days.insert(promoted.begin(), promoted.end());
  return {days.begin(), days.end()};
}

std::vector<double> PeriodsOf(v1::Grain grain) {
  constexpr double kYear = 365.25;
  if (grain == v1::GRAIN_WEEK) return {kYear / 7};
  if (grain == v1::GRAIN_MONTH) return {12};
  return {7, kYear};
}

}  // namespace kontor::forecasting
