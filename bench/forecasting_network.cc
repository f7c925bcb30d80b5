#include "bench/forecasting_network.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/search_timing.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"
#include "libs/domain/forecasting/global_network.h"

namespace kontor::bench {
namespace {

using forecasting::GlobalNetwork;
using forecasting::NetworkSeries;
using forecasting::Values;

constexpr size_t kWeek = 7;
constexpr double kMedian[] = {0.5};

// The first `known` values of each series, all of which begin on the same day.
absl::StatusOr<GlobalNetwork> Train(const std::vector<std::vector<double>>& all, size_t known,
                                    const std::vector<int>& seasons, int horizon, int seconds) {
  std::vector<NetworkSeries> series;
  for (const std::vector<double>& values : all) {
    series.push_back({{Values(values).first(std::min(known, values.size())), seasons}, 0, {}, 0});
  }
  nn::TrainControl control;
  control.clock = &base::SystemClock();
  control.max_seconds = seconds;
  return GlobalNetwork::Train(series, {.horizon = horizon}, control);
}

// Absolute errors by mean and by median, and how large the actual values are.
struct Errors {
  double mean = 0, median = 0, size = 0;

  // `count` steps from `first` on as one sum.
  void Add(double actual, const nn::SampledDemand& sampled, size_t first, size_t count) {
    double expected = 0;
    for (size_t step = first; step < first + count; ++step) expected += sampled.mean[step];
    mean += std::abs(actual - expected);
    median += std::abs(actual - sampled.SumQuantiles(first, count, kMedian)[0]);
    size += std::abs(actual);
  }
};

std::vector<double> Weekly(Values days) {
  std::vector<double> weeks(days.size() / kWeek, 0);
  for (size_t t = 0; t < days.size(); ++t) weeks[t / kWeek] += days[t];
  return weeks;
}

absl::Status MeasureDays(const GlobalNetwork& network, const std::vector<std::vector<double>>& days, size_t held,
                         Errors& by_day, Errors& by_week) {
  for (const std::vector<double>& values : days) {
    const size_t known = values.size() - held;
    const NetworkSeries past{{Values(values).first(known), {kWeek}}, 0, {}, 0};
    ASSIGN_OR_RETURN(const nn::SampledDemand sampled, network.Sample(past, static_cast<int>(held)));
    const std::vector<double> sums = Weekly(Values(values).last(held));
    for (size_t t = 0; t < held; ++t) by_day.Add(values[known + t], sampled, t, 1);
    for (size_t week = 0; week < sums.size(); ++week) by_week.Add(sums[week], sampled, week * kWeek, kWeek);
  }
  return absl::OkStatus();
}

absl::Status MeasureWeeks(const GlobalNetwork& network, const std::vector<std::vector<double>>& weeks, size_t held,
                          Errors& all, Errors& next) {
  for (const std::vector<double>& values : weeks) {
    const size_t known = values.size() - held;
    for (size_t origin = 0; origin < held; ++origin) {
      const NetworkSeries past{{Values(values).first(known + origin), {}}, 0, {}, 0};
      ASSIGN_OR_RETURN(const nn::SampledDemand sampled, network.Sample(past, static_cast<int>(held)));
      next.Add(values[known + origin], sampled, 0, 1);
      for (size_t t = 0; origin == 0 && t < held; ++t) all.Add(values[known + t], sampled, t, 1);
    }
  }
  return absl::OkStatus();
}

void AddCpu(const std::string& name, double seconds, std::vector<Figure>& figures) {
  figures.push_back({name, seconds});
  std::printf("  %s %.1f\n", name.c_str(), seconds);
}

}  // namespace

absl::StatusOr<SetForecast> ForecastByNetwork(const ForecastSet& set, int seconds) {
  SetForecast forecast;
  forecast.method = "network";
  const double before = ProcessCpuSeconds();
  ASSIGN_OR_RETURN(const GlobalNetwork network,
                   Train(set.train, std::numeric_limits<size_t>::max(), set.seasons, set.horizon, seconds));
  for (const std::vector<double>& values : set.train) {
    ASSIGN_OR_RETURN(forecasting::Prediction prediction,
                     network.Predict({{values, set.seasons}, 0, {}, 0}, set.horizon));
    forecast.mean.push_back(std::move(prediction.mean));
    forecast.variance.push_back(std::move(prediction.variance));
  }
  forecast.cpu_seconds = ProcessCpuSeconds() - before;
  return forecast;
}

absl::StatusOr<std::vector<RetailRow>> RetailByNetwork(const std::vector<std::vector<double>>& days, size_t days_held,
                                                       const std::string& level, int seconds,
                                                       std::vector<Figure>& figures) {
  std::vector<std::vector<double>> weeks;
  for (const std::vector<double>& values : days) weeks.push_back(Weekly(values));
  const size_t known_days = days.front().size() - days_held, weeks_held = days_held / kWeek;
  Errors errors[4];
  double before = ProcessCpuSeconds();
  ASSIGN_OR_RETURN(const GlobalNetwork weekly,
                   Train(weeks, known_days / kWeek, {}, static_cast<int>(weeks_held), seconds));
  AddCpu(absl::StrCat("network_cpu_s/", level, "/weeks"), ProcessCpuSeconds() - before, figures);
  RETURN_IF_ERROR(MeasureWeeks(weekly, weeks, weeks_held, errors[0], errors[1]));
  before = ProcessCpuSeconds();
  ASSIGN_OR_RETURN(const GlobalNetwork daily, Train(days, known_days, {kWeek}, static_cast<int>(days_held), seconds));
  AddCpu(absl::StrCat("network_cpu_s/", level, "/days"), ProcessCpuSeconds() - before, figures);
  RETURN_IF_ERROR(MeasureDays(daily, days, days_held, errors[2], errors[3]));
  std::vector<RetailRow> rows = {{"network", {}}, {"network_median", {}}};
  for (size_t column = 0; column < 4; ++column) {
    rows[0].values[column] = 100 * (1 - errors[column].mean / errors[column].size);
    rows[1].values[column] = 100 * (1 - errors[column].median / errors[column].size);
  }
  return rows;
}

}  // namespace kontor::bench
