#include "services/forecasting/scenario_reader.h"

#include <map>
#include <set>
#include <string>
#include <utility>

#include "libs/base/holidays.h"
#include "libs/base/status.h"
#include "services/forecasting/convert.h"

namespace kontor::forecasting {
namespace {

constexpr int kRecentDays = 28;

double DayNumber(absl::CivilDay day) { return static_cast<double>(day - kEpoch); }

// What was paid for a unit at each step of the past.
std::vector<double> PaidPrices(const DailySales& sales, const Past& past) {
  std::map<int64_t, DaySales> by_step;
  for (const auto& [day, sold] : sales) {
    DaySales& step = by_step[StepOf(day, past.grain)];
    step.units += sold.units;
    step.amount += sold.amount;
  }
  std::vector<double> prices(past.sold.size(), 0);
  double price = 0;
  for (size_t i = 0; i < prices.size(); ++i) {
    const auto step = by_step.find(past.first_step + static_cast<int64_t>(i));
    if (step != by_step.end() && step->second.units > 0 && step->second.amount > 0) {
      price = static_cast<double>(step->second.amount) / static_cast<double>(step->second.units);
    }
    prices[i] = price;
  }
  for (size_t i = prices.size(); i-- > 0;) {  // steps before the first price
    if (prices[i] == 0) prices[i] = i + 1 < prices.size() ? prices[i + 1] : 1;
  }
  return prices;
}

// The mean of the last four weeks.
double CurrentPrice(const std::vector<double>& prices, v1::Grain grain) {
  const size_t steps = grain == v1::GRAIN_DAY ? kRecentDays : grain == v1::GRAIN_WEEK ? kRecentDays / 7 : 1;
  const size_t from = prices.size() - std::min(steps, prices.size());
  double sum = 0;
  for (size_t i = from; i < prices.size(); ++i) sum += prices[i];
  return sum / static_cast<double>(prices.size() - from);
}

double FactorOn(const v1::Scenario& scenario, absl::CivilDay day) {
  double factor = 1;
  for (const v1::PriceChange& change : scenario.price_changes()) {
    absl::CivilDay from;
    if (ReadDate(change.start_date(), from) && from <= day) factor = change.factor();
  }
  return factor;
}

// Days become the first days of their steps.
Event EventOf(const std::string& name, const std::set<absl::CivilDay>& days, v1::Grain grain) {
  std::set<absl::CivilDay> steps;
  for (const absl::CivilDay day : days) steps.insert(FirstDay(StepOf(day, grain), grain));
  Event event;
  event.name = name;
  event.days.assign(steps.begin(), steps.end());
  return event;
}

absl::Status AddEvents(const v1::Scenario& scenario, const Past& past, int horizon, std::vector<Event>& events) {
  for (const v1::ScenarioEvent& event : scenario.events()) {
    std::set<absl::CivilDay> days;
    for (const google::type::Date& date : event.dates()) {
      absl::CivilDay day;
      if (ReadDate(date, day)) days.insert(day);
    }
    events.push_back(EventOf(event.title(), days, past.grain));
  }
  if (scenario.holiday_country().empty()) return absl::OkStatus();
  const absl::CivilDay last = LastDay(past.next_step() + horizon, past.grain);
  const auto holidays = base::HolidaysOf(scenario.holiday_country(), FirstDay(past.first_step, past.grain), last);
  if (!holidays.ok()) {
    base::Violations violations;
    violations.Add("scenario.holiday_country", "COUNTRY_UNKNOWN", holidays.status().message());
    return violations.ToStatus();
  }
  std::map<std::string, std::set<absl::CivilDay>> by_name;
  for (const base::Holiday& holiday : *holidays) by_name[holiday.name].insert(holiday.day);
  for (const auto& [name, days] : by_name) events.push_back(EventOf(name, days, past.grain));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ScenarioEffect> ReadScenario(DemandStore& store, const fleet::Shop& shop,
                                            const v1::ForecastRequest& request, const Past& past, int horizon) {
  const v1::Scenario& scenario = request.scenario();
  ScenarioInput input;
  input.values = past.cleaned;
  for (size_t i = 0; i < past.cleaned.size(); ++i) {
    input.days.push_back(DayNumber(FirstDay(past.first_step + static_cast<int64_t>(i), past.grain)));
  }
  for (int i = 0; i < horizon; ++i) {
    input.future_days.push_back(DayNumber(FirstDay(past.next_step() + i, past.grain)));
  }
  RETURN_IF_ERROR(AddEvents(scenario, past, horizon, input.events));
  const Selection selection = SelectionFrom(request.series());
  const bool one_product = selection.products.size() == 1;
  if (!scenario.price_changes().empty() && one_product) {
    ASSIGN_OR_RETURN(const std::string currency, store.MainCurrency(shop.id));
    ASSIGN_OR_RETURN(const DailySales sales,
                     store.Sales(shop, selection, currency, LastDay(past.next_step() - 1, past.grain)));
    input.prices = PaidPrices(sales, past);
    const double now = CurrentPrice(input.prices, past.grain);
    input.prices.back() = now;  // what the factors are of
    for (int i = 0; i < horizon; ++i) {
      input.future_prices.push_back(now * FactorOn(scenario, FirstDay(past.next_step() + i, past.grain)));
    }
  }
  ASSIGN_OR_RETURN(ScenarioEffect effect, EstimateScenario(input));
  if (!scenario.price_changes().empty() && !one_product) {
    effect.notes.emplace_back("price changes count for single products; of several the mix would change too");
  }
  return effect;
}

}  // namespace kontor::forecasting
