#include "bench/forecasting_walmart.h"

#include <cmath>
#include <ctime>
#include <functional>
#include <iostream>
#include <limits>
#include <map>
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "bench/forecasting_data.h"
#include "libs/base/csv.h"
#include "libs/base/holidays.h"
#include "libs/base/status.h"
#include "libs/domain/forecasting/measures.h"
#include "libs/domain/forecasting/panel_profile.h"

namespace kontor::bench {
namespace {

using forecasting::PanelSeries;
using Matrix = std::vector<std::vector<double>>;

constexpr int kTrain = 104, kYear = 52;
constexpr double kPeerNaive = 1797.7, kPeerBoosted = 1719.5;  // WMAE: the year before; LightGBM over all series

struct Sales {
  std::vector<absl::CivilDay> weeks;
  std::set<absl::CivilDay> holidays;
  std::vector<int64_t> stores, departments;
  Matrix values;  // NaN where there is no record
};

absl::StatusOr<Sales> ReadSales(const std::string& path) {
  ASSIGN_OR_RETURN(base::CsvReader reader, base::CsvReader::Open(path));
  std::map<std::pair<int64_t, int64_t>, std::map<absl::CivilDay, double>> rows;
  std::set<absl::CivilDay> weeks;
  Sales sales;
  for (bool header = true; reader.Next(); header = false) {
    if (header) continue;
    const auto& fields = reader.fields();
    int64_t store = 0, department = 0;
    absl::CivilDay day;
    double amount = 0;
    if (fields.size() < 5 || !absl::SimpleAtoi(fields[0], &store) || !absl::SimpleAtoi(fields[1], &department) ||
        !absl::ParseCivilTime(fields[2], &day) || !absl::SimpleAtod(fields[3], &amount)) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ":", reader.line(), ": store, department, day, sales, holiday"));
    }
    rows[{store, department}][day] = amount;
    weeks.insert(day);
    if (fields[4] == "TRUE") sales.holidays.insert(day);
  }
  sales.weeks.assign(weeks.begin(), weeks.end());
  if (sales.weeks.size() <= kTrain) return absl::InvalidArgumentError(absl::StrCat(path, " has too few weeks"));
  for (const auto& [key, known] : rows) {
    sales.stores.push_back(key.first);
    sales.departments.push_back(key.second);
    std::vector<double>& values = sales.values.emplace_back();
    for (const absl::CivilDay week : sales.weeks) {
      const auto found = known.find(week);
      values.push_back(found == known.end() ? std::numeric_limits<double>::quiet_NaN() : found->second);
    }
  }
  return sales;
}

// The week before the year's, or the last record.
Matrix Naive(const Sales& sales, int horizon) {
  Matrix found;
  for (const std::vector<double>& values : sales.values) {
    double last = 0;
    for (int t = 0; t < kTrain; ++t) last = std::isnan(values[t]) ? last : values[t];
    std::vector<double>& row = found.emplace_back();
    for (int h = 0; h < horizon; ++h) {
      const double before = values[kTrain - kYear + h];
      row.push_back(std::isnan(before) ? last : before);
    }
  }
  return found;
}

absl::StatusOr<Matrix> Profile(const Sales& sales, int horizon) {
  std::vector<PanelSeries> series;
  for (size_t i = 0; i < sales.values.size(); ++i) {
    series.push_back({{sales.values[i].begin(), sales.values[i].begin() + kTrain}, sales.departments[i]});
  }
  forecasting::PanelOptions options{.year = kYear};
  for (int w = 0; w < static_cast<int>(sales.weeks.size()); ++w) {
    // Weeks end on Fridays and hold what is bought for the Sunday after.
    const absl::CivilDay easter = base::EasterSunday(static_cast<int>(sales.weeks[w].year()));
    if (easter > sales.weeks[w] && easter - sales.weeks[w] <= 7) options.feasts.push_back(w);
  }
  return forecasting::ForecastPanel(series, horizon, options);
}

// 1 - WAPE in percent of the sums over rows of one key, by week, of the rows that have a record.
double Accuracy(const Sales& sales, const Matrix& forecast, const std::function<int64_t(size_t)>& key) {
  std::map<int64_t, std::pair<std::vector<double>, std::vector<double>>> sums;
  for (size_t i = 0; i < forecast.size(); ++i) {
    auto& [actual, expected] = sums[key(i)];
    actual.resize(forecast[i].size(), 0);
    expected.resize(forecast[i].size(), 0);
    for (size_t h = 0; h < forecast[i].size(); ++h) {
      if (std::isnan(sales.values[i][kTrain + h])) continue;
      actual[h] += sales.values[i][kTrain + h];
      expected[h] += forecast[i][h];
    }
  }
  std::vector<double> actual, expected;
  for (const auto& [id, rows] : sums) {
    actual.insert(actual.end(), rows.first.begin(), rows.first.end());
    expected.insert(expected.end(), rows.second.begin(), rows.second.end());
  }
  return 100 * (1 - forecasting::Wape(actual, expected));
}

void Report(absl::string_view method, const Sales& sales, const Matrix& forecast, double reference,
            std::vector<Figure>& figures) {
  double errors[2] = {0, 0}, counts[2] = {0, 0};  // of the weeks without and with a holiday
  for (size_t i = 0; i < forecast.size(); ++i) {
    for (size_t h = 0; h < forecast[i].size(); ++h) {
      const double actual = sales.values[i][kTrain + h];
      if (std::isnan(actual)) continue;
      const size_t kind = sales.holidays.contains(sales.weeks[kTrain + h]) ? 1 : 0;
      errors[kind] += std::abs(actual - forecast[i][h]);
      ++counts[kind];
    }
  }
  const double wmae = (errors[0] + 5 * errors[1]) / (counts[0] + 5 * counts[1]);
  const auto add = [&](absl::string_view what, double value, absl::string_view unit) {
    figures.push_back({absl::StrCat("walmart/", what, "/", method), value, std::string(unit)});
  };
  add("wmae", wmae, "");
  figures.back().reference = reference;
  add("holiday_mae", errors[1] / counts[1], "");
  add("other_mae", errors[0] / counts[0], "");
  const double row = Accuracy(sales, forecast, [](size_t i) { return static_cast<int64_t>(i); });
  const double department = Accuracy(sales, forecast, [&](size_t i) { return sales.departments[i]; });
  const double store = Accuracy(sales, forecast, [&](size_t i) { return sales.stores[i]; });
  const double total = Accuracy(sales, forecast, [](size_t) { return int64_t{0}; });
  add("accuracy_row", row, "%");
  add("accuracy_department", department, "%");
  add("accuracy_store", store, "%");
  add("accuracy_total", total, "%");
  std::cout << absl::StrFormat(
      "%-16s %-26s WMAE %.1f  holidays %.1f  other weeks %.1f  1 - WAPE row %.1f department %.1f "
      "store %.1f total %.1f\n",
      "walmart", method, wmae, errors[1] / counts[1], errors[0] / counts[0], row, department, store, total);
}

}  // namespace

absl::Status BenchWalmart(std::vector<Figure>& figures, std::vector<std::string>& files) {
  const std::string path = ForecastingDataPath("walmart-sales/train.csv");
  ASSIGN_OR_RETURN(const Sales sales, ReadSales(path));
  files.push_back(path);
  const int horizon = static_cast<int>(sales.weeks.size()) - kTrain;
  Report("seasonal_naive", sales, Naive(sales, horizon), kPeerNaive, figures);
  const std::clock_t start = std::clock();
  ASSIGN_OR_RETURN(const Matrix profile, Profile(sales, horizon));
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  Report("panel_profile", sales, profile, kPeerBoosted, figures);
  figures.push_back(
      {"walmart/cpu_ms_per_series/panel_profile", 1e3 * seconds / static_cast<double>(profile.size()), "ms"});
  return absl::OkStatus();
}

}  // namespace kontor::bench
