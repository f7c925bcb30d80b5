#include "bench/forecasting_retail.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "bench/forecasting_data.h"
#include "bench/forecasting_network.h"
#include "libs/base/csv.h"
#include "libs/base/holidays.h"
#include "libs/base/status.h"
#include "libs/domain/forecasting/automatic.h"
#include "libs/domain/forecasting/factors.h"
#include "libs/domain/forecasting/measures.h"
#include "libs/domain/forecasting/methods.h"
#include "libs/domain/forecasting/set_trees.h"

namespace kontor::bench {
namespace {

using forecasting::Method;
using forecasting::Values;

constexpr absl::CivilDay kFirst(2010, 12, 4), kLast(2011, 12, 9);
constexpr size_t kHeld = 28, kWeek = 7, kWeeksHeld = kHeld / kWeek, kLargest = 10, kProducts = 500;
constexpr size_t kDays = 371;

// Which is best in each column of the peers' table (section 8), in the order of kColumns.
constexpr const char* kColumns[] = {"retail_week", "retail_next_week", "retail_day", "retail_day_sum"};
struct Level {
  const char* name;
  double best_peer[4];
};
constexpr Level kLevels[] = {{"total", {83.6, 83.6, 68.6, 84.2}},
                             {"country", {76.8, 77.7, 60.7, 76.3}},
                             {"prefix", {78.0, 77.6, 60.2, 78.3}},
                             {"product", {45.1, 48.4, 16.0, 45.1}}};

using Table = std::map<std::string, std::vector<double>>;  // days by series

struct Tables {
  Table by_level[4];
};

absl::StatusOr<Tables> ReadOrders(const std::string& path) {
  ASSIGN_OR_RETURN(base::CsvReader reader, base::CsvReader::Open(path));
  Tables tables;
  for (bool header = true; reader.Next(); header = false) {
    const auto& row = reader.fields();
    if (header || row.size() < 8 || row[6].empty() || row[0].substr(0, 1) == "C") continue;
    double quantity = 0, price = 0;
    int year = 0, month = 0, day = 0;
    if (!absl::SimpleAtod(row[3], &quantity) || !absl::SimpleAtod(row[5], &price) || quantity <= 0 || price <= 0 ||
        row[4].size() < 10 || !absl::SimpleAtoi(row[4].substr(0, 4), &year) ||
        !absl::SimpleAtoi(row[4].substr(5, 2), &month) || !absl::SimpleAtoi(row[4].substr(8, 2), &day)) {
      continue;
    }
    const auto place = absl::CivilDay(year, month, day) - kFirst;
    if (place < 0 || place >= static_cast<int64_t>(kDays)) continue;
    const std::string keys[] = {"total", std::string(row[7]), std::string(row[1].substr(0, 2)), std::string(row[1])};
    for (size_t level = 0; level < 4; ++level) {
      std::vector<double>& days = tables.by_level[level][keys[level]];
      days.resize(kDays, 0);
      days[static_cast<size_t>(place)] += level == 3 ? quantity : quantity * price;
    }
  }
  return tables;
}

// Those that sold most before what is held out.
std::vector<std::vector<double>> Largest(const Table& table, size_t count) {
  std::vector<std::pair<double, const std::vector<double>*>> ranked;
  for (const auto& [key, days] : table) {
    double sum = 0;
    for (size_t t = 0; t + kHeld < kDays; ++t) sum += days[t];
    ranked.emplace_back(-sum, &days);
  }
  std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  ranked.resize(std::min(count, ranked.size()));
  std::vector<std::vector<double>> largest;
  for (const auto& [sum, days] : ranked) largest.push_back(*days);
  return largest;
}

std::vector<double> Weekly(Values days) {
  std::vector<double> weeks(days.size() / kWeek, 0);
  for (size_t t = 0; t < days.size(); ++t) weeks[t / kWeek] += days[t];
  return weeks;
}

std::vector<double> Forecast(const Method& method, Values past, int season, int horizon) {
  const forecasting::Series series{past, season > 1 ? std::vector<int>{season} : std::vector<int>()};
  auto model = method.fit(series);
  if (!model.ok()) model = forecasting::MethodByName("seasonal_naive")->fit(series);
  return (*model)->Predict(horizon).mean;
}

// The share of each step's days that are public holidays of the shop's country: `steps` from the first day on.
forecasting::Factor Holidays(size_t steps, size_t days_a_step) {
  forecasting::Factor factor{forecasting::FactorKind::kCalendar, "public holidays", std::vector<double>(steps, 0)};
  const absl::CivilDay last = kFirst + static_cast<int64_t>(steps * days_a_step) - 1;
  const auto holidays = base::HolidaysOf("GB", kFirst, last);
  for (const base::Holiday& holiday : *holidays) {
    if (holiday.kind != base::HolidayKind::kPublic) continue;
    factor.values[static_cast<size_t>(holiday.day - kFirst) / days_a_step] += 1.0 / static_cast<double>(days_a_step);
  }
  return factor;
}

// The automatic choice as one of the methods; knowing the calendar or not.
class Chosen final : public forecasting::FittedModel {
 public:
  Chosen(std::vector<double> values, std::vector<int> seasons, bool holidays)
      : values_(std::move(values)), seasons_(std::move(seasons)), holidays_(holidays) {}
  forecasting::Prediction Predict(int horizon) const override {
    const forecasting::Series series{values_, seasons_};
    forecasting::AutomaticOptions options;
    options.horizon = horizon;
    options.levels = {0.5};
    if (!holidays_) return forecasting::ForecastAutomatically(series, options)->prediction;
    const size_t steps = values_.size() + static_cast<size_t>(horizon), days_a_step = series.season() > 1 ? 1 : kWeek;
    const double year = 365.25 / static_cast<double>(days_a_step);
    const std::vector<double> periods = days_a_step == 1 ? std::vector<double>{kWeek, year} : std::vector<double>{year};
    const auto choice =
        forecasting::ChooseFactors(series, {Holidays(steps, days_a_step)}, {.horizon = horizon, .periods = periods});
    return forecasting::ForecastWithFactors(series, options, *choice)->prediction;
  }
  Values fitted() const override { return values_; }
  std::string Describe() const override { return "automatic"; }

 private:
  const std::vector<double> values_;
  const std::vector<int> seasons_;
  const bool holidays_;
};

Method Automatic(bool holidays) {
  return {holidays ? "automatic+holidays" : "automatic",
          [holidays](const forecasting::Series& series) -> absl::StatusOr<std::unique_ptr<forecasting::FittedModel>> {
            return std::make_unique<Chosen>(std::vector<double>(series.values.begin(), series.values.end()),
                                            series.seasons, holidays);
          }};
}

absl::StatusOr<std::vector<Method>> MethodsOfYear() {
  std::vector<Method> methods;
  for (const char* name : {"naive", "dynamic_optimised_theta", "auto_ets", "auto_arima", "recent_level"}) {
    ASSIGN_OR_RETURN(methods.emplace_back(), forecasting::MethodByName(name));
  }
  for (const bool holidays : {false, true}) methods.push_back(Automatic(holidays));
  return methods;
}

// Trees over all series of a level, of weeks and of days, that saw nothing of what is held out; nothing where there are
// too few series.
std::optional<Method> SetTrees(const std::vector<std::vector<double>>& all, int threads) {
  std::vector<std::vector<double>> weeks;
  for (const std::vector<double>& days : all) weeks.push_back(Weekly(days));
  std::vector<forecasting::Series> by_week, by_day;
  for (size_t i = 0; i < all.size(); ++i) {
    by_week.push_back({Values(weeks[i]).first(weeks[i].size() - kWeeksHeld), {}});
    by_day.push_back({Values(all[i]).first(kDays - kHeld), {static_cast<int>(kWeek)}});
  }
  forecasting::SetModelOptions options;
  options.threads = threads;
  options.horizon = kWeeksHeld;
  auto week = forecasting::SetModel::Train(by_week, options);
  options.horizon = kHeld;
  auto day = forecasting::SetModel::Train(by_day, options);
  if (!week.ok() || !day.ok()) return std::nullopt;
  const Method of_weeks = forecasting::SetTreesMethod(std::make_shared<const forecasting::SetModel>(*std::move(week)));
  const Method of_days = forecasting::SetTreesMethod(std::make_shared<const forecasting::SetModel>(*std::move(day)));
  return Method{of_weeks.name, [of_weeks, of_days](const forecasting::Series& series) {
                  return series.season() > 1 ? of_days.fit(series) : of_weeks.fit(series);
                }};
}

// Errors and sizes of the four questions.
struct Sums {
  double error[4] = {}, size[4] = {};

  void Add(size_t column, Values actual, Values forecast) {
    for (size_t i = 0; i < actual.size(); ++i) {
      error[column] += std::abs(actual[i] - forecast[i]);
      size[column] += std::abs(actual[i]);
    }
  }
};

Sums Measure(const Method& method, const std::vector<std::vector<double>>& all) {
  Sums sums;
  for (const std::vector<double>& days : all) {
    const std::vector<double> weeks = Weekly(days);
    const size_t origin = weeks.size() - kWeeksHeld;
    const Values held = Values(weeks).subspan(origin);
    sums.Add(0, held, Forecast(method, Values(weeks).first(origin), 1, kWeeksHeld));
    for (size_t week = 0; week < kWeeksHeld; ++week) {
      sums.Add(1, held.subspan(week, 1), Forecast(method, Values(weeks).first(origin + week), 1, 1));
    }
    const std::vector<double> daily = Forecast(method, Values(days).first(kDays - kHeld), kWeek, kHeld);
    sums.Add(2, Values(days).subspan(kDays - kHeld), daily);
    sums.Add(3, held, Weekly(daily));
  }
  return sums;
}

// Four weeks from each week of the second half of what comes before the weeks held out: many origins, with the year's
// holidays among them.
void MeasureYear(const std::vector<Method>& methods, const Level& level, const std::vector<std::vector<double>>& all,
                 std::vector<Figure>& figures) {
  std::printf("  four weeks from each of the weeks before:");
  for (const Method& method : methods) {
    Sums sums;
    for (const std::vector<double>& days : all) {
      const std::vector<double> weeks = Weekly(Values(days).first(kDays - kHeld));
      for (size_t origin = weeks.size() / 2; origin + kWeeksHeld <= weeks.size(); ++origin) {
        sums.Add(0, Values(weeks).subspan(origin, kWeeksHeld),
                 Forecast(method, Values(weeks).first(origin), 1, kWeeksHeld));
      }
    }
    const double value = 100 * (1 - sums.error[0] / sums.size[0]);
    std::printf(" %s %.2f", method.name.c_str(), value);
    figures.push_back({absl::StrCat("retail_year/", level.name, "/", method.name), value});
  }
  std::printf("\n");
}

}  // namespace

absl::Status BenchRetail(const ForecastBenchOptions& options, std::vector<Figure>& figures,
                         std::vector<std::string>& files) {
  const std::string path = ForecastingDataPath("online-retail/online_retail.csv");
  ASSIGN_OR_RETURN(const Tables tables, ReadOrders(path));
  files.push_back(path);
  std::vector<Method> methods = options.methods;
  for (const char* name : {"naive", "recent_level", "recent_median", "week_profile"}) {
    ASSIGN_OR_RETURN(methods.emplace_back(), forecasting::MethodByName(name));
  }
  for (const bool holidays : {false, true}) methods.push_back(Automatic(holidays));
  ASSIGN_OR_RETURN(const std::vector<Method> of_year, MethodsOfYear());
  for (size_t l = 0; l < 4; ++l) {
    const Level& level = kLevels[l];
    const auto series = Largest(tables.by_level[l], options.quick && l == 3 ? 60 : l == 3 ? kProducts : kLargest);
    std::printf("\nonline retail, %s (%zu series), 100 (1 - WAPE): 4 weeks, next week, 28 days, summed\n", level.name,
                series.size());
    const auto add = [&](const std::string& name, const double(&values)[4]) {
      std::printf("  %-26s", name.c_str());
      for (size_t column = 0; column < 4; ++column) {
        std::printf(" %7.2f", values[column]);
        figures.push_back({absl::StrCat(kColumns[column], "/", level.name, "/", name), values[column]});
      }
      std::printf("\n");
    };
    std::vector<Method> measured = methods;
    if (std::optional<Method> trees = SetTrees(series, options.threads)) measured.push_back(*std::move(trees));
    for (const Method& method : measured) {
      const Sums sums = Measure(method, series);
      double values[4];
      for (size_t column = 0; column < 4; ++column) {
        values[column] = 100 * (1 - sums.error[column] / sums.size[column]);
      }
      add(method.name, values);
    }
    if (l == 3 && options.network_seconds > 0) {
      ASSIGN_OR_RETURN(const auto rows, RetailByNetwork(series, kHeld, level.name, options.network_seconds, figures));
      for (const RetailRow& row : rows) add(row.name, row.values);
    }
    add("best_peer", level.best_peer);
    if (l < 3) MeasureYear(of_year, level, series, figures);
  }
  return absl::OkStatus();
}

}  // namespace kontor::bench
