#include "bench/forecasting_retail.h"

#include <algorithm>
#include <iostream>
#include <map>
#include <numeric>
#include <tuple>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "bench/forecasting_data.h"
#include "libs/base/csv.h"
#include "libs/base/status.h"
#include "libs/domain/forecasting/measures.h"
#include "libs/domain/forecasting/naive.h"
#include "libs/domain/forecasting/recent_level.h"

namespace kontor::bench {
namespace {

using forecasting::Method;
using forecasting::Values;
using Rows = std::vector<std::vector<double>>;

const absl::CivilDay kFirst(2010, 12, 4);
constexpr int kDays = 371, kHeld = 28, kWeek = 7;

struct Level {
  absl::string_view name;
  size_t most;                              // series
  double week, next_week, day, day_summed;  // the best of the peers
};
constexpr Level kLevels[] = {{"total", 1, 83.6, 83.6, 68.6, 84.2},
                             {"country", 10, 76.8, 77.7, 60.7, 76.3},
                             {"prefix", 10, 78.0, 77.6, 60.2, 78.3},
                             {"product", 500, 45.1, 48.4, 16.0, 45.1}};

using Table = std::map<std::string, std::vector<double>>;

// Lines with a customer that are no cancellations and have amounts above 0, by day.
absl::StatusOr<std::map<absl::string_view, Table>> ReadRetail(const std::string& path) {
  ASSIGN_OR_RETURN(base::CsvReader reader, base::CsvReader::Open(path));
  std::map<absl::string_view, Table> tables;
  for (bool header = true; reader.Next(); header = false) {
    if (header) continue;
    const auto& fields = reader.fields();
    double units = 0, price = 0;
    absl::CivilDay day;
    if (fields.size() < 8) return absl::InvalidArgumentError(absl::StrCat(path, ":", reader.line(), ": eight columns"));
    if (fields[6].empty() || absl::StartsWith(fields[0], "C")) continue;
    if (!absl::SimpleAtod(fields[3], &units) || !absl::SimpleAtod(fields[5], &price) ||
        !absl::ParseCivilTime(absl::string_view(fields[4]).substr(0, 10), &day)) {
      return absl::InvalidArgumentError(absl::StrCat(path, ":", reader.line(), ": units, time and price"));
    }
    const int64_t step = day - kFirst;
    if (!(units > 0) || !(price > 0) || step < 0 || step >= kDays) continue;
    const auto add = [&](absl::string_view level, std::string key, double amount) {
      std::vector<double>& days = tables[level][std::move(key)];
      days.resize(kDays, 0);
      days[static_cast<size_t>(step)] += amount;
    };
    add("total", "total", units * price);
    add("country", std::string(fields[7]), units * price);
    add("prefix", std::string(fields[1].substr(0, 2)), units * price);
    add("product", std::string(fields[1]), units);
  }
  return tables;
}

// Those that sold most in the days to learn from.
Rows Best(const Table& table, size_t most) {
  std::vector<std::pair<double, const std::vector<double>*>> order;
  for (const auto& [key, days] : table) {
    order.emplace_back(-std::accumulate(days.begin(), days.end() - kHeld, 0.0), &days);
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& one, const auto& other) { return one.first < other.first; });
  Rows rows;
  for (size_t i = 0; i < std::min(most, order.size()); ++i) rows.push_back(*order[i].second);
  return rows;
}

std::vector<double> Weeks(Values days) {
  std::vector<double> weeks;
  for (size_t t = 0; t < days.size(); t += kWeek) {
    weeks.push_back(std::accumulate(days.begin() + t, days.begin() + t + kWeek, 0.0));
  }
  return weeks;
}

// What came and what was forecast, all series one behind the other.
struct Pair {
  std::vector<double> actual, forecast;
  void Add(Values came, Values expected) {
    actual.insert(actual.end(), came.begin(), came.end());
    forecast.insert(forecast.end(), expected.begin(), expected.end());
  }
  double Accuracy() const { return 100 * (1 - forecasting::Wape(actual, forecast)); }
};

absl::Status BenchLevel(const Level& level, const Rows& rows, const Method& method, std::vector<Figure>& figures) {
  Pair week, next_week, day, day_summed;
  for (const std::vector<double>& days : rows) {
    const std::vector<double> weeks = Weeks(days);
    const Values past(weeks), learned = Values(days).first(kDays - kHeld), came = Values(days).last(kHeld);
    for (size_t origin = weeks.size() - 4; origin < weeks.size(); ++origin) {
      ASSIGN_OR_RETURN(const auto model, method.fit({past.first(origin), {}}));
      if (origin + 4 == weeks.size()) week.Add(past.last(4), model->Predict(4).mean);
      next_week.Add(past.subspan(origin, 1), model->Predict(1).mean);
    }
    ASSIGN_OR_RETURN(const auto model, method.fit({learned, {kWeek}}));
    const std::vector<double> found = model->Predict(kHeld).mean;
    day.Add(came, found);
    day_summed.Add(Weeks(came), Weeks(found));
  }
  const std::tuple<absl::string_view, double, double> kFigures[] = {
      {"week", week.Accuracy(), level.week},
      {"next_week", next_week.Accuracy(), level.next_week},
      {"day", day.Accuracy(), level.day},
      {"day_summed", day_summed.Accuracy(), level.day_summed}};
  std::cout << absl::StrFormat("%-16s %-26s", absl::StrCat("retail ", level.name), method.name);
  for (const auto& [what, accuracy, peer] : kFigures) {
    figures.push_back({absl::StrCat("retail/", what, "/", level.name, "/", method.name), accuracy, "%", peer});
    std::cout << absl::StrFormat("  %s %.2f (peers %.1f)", what, accuracy, peer);
  }
  std::cout << "\n";
  return absl::OkStatus();
}

}  // namespace

absl::Status BenchRetail(std::vector<Figure>& figures, std::vector<std::string>& files) {
  const std::string path = ForecastingDataPath("online-retail/online_retail.csv");
  ASSIGN_OR_RETURN(const auto tables, ReadRetail(path));
  files.push_back(path);
  for (const Level& level : kLevels) {
    const auto table = tables.find(level.name);
    if (table == tables.end()) return absl::InvalidArgumentError(absl::StrCat(path, " has no sales"));
    const Rows rows = Best(table->second, level.most);
    for (const Method& method : {forecasting::SeasonalNaiveMethod(), forecasting::RecentLevelMethod()}) {
      RETURN_IF_ERROR(BenchLevel(level, rows, method, figures));
    }
  }
  return absl::OkStatus();
}

}  // namespace kontor::bench
