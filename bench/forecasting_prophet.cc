#include "bench/forecasting_prophet.h"

#include <ctime>
#include <iostream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "bench/forecasting_data.h"
#include "libs/base/csv.h"
#include "libs/base/status.h"
#include "libs/domain/forecasting/automatic.h"
#include "libs/domain/forecasting/measures.h"
#include "libs/domain/forecasting/trend_regression.h"

namespace kontor::bench {
namespace {

using forecasting::SeasonForm;
using forecasting::Values;

struct Example {
  absl::string_view name, file;
  int held, season;
  double peer, naive;  // MAPE of Prophet 1.5.0 and of the seasonal naive forecast
};
constexpr Example kExamples[] = {
    {"retail_sales", "example_retail_sales.csv", 12, 12, 2.684, 2.668},
    {"peyton_manning", "example_wp_log_peyton_manning.csv", 90, 7, 4.317, 4.443},
};

struct Data {
  std::vector<double> days, values;
};

absl::StatusOr<Data> ReadExample(const std::string& path) {
  ASSIGN_OR_RETURN(base::CsvReader reader, base::CsvReader::Open(path));
  Data data;
  for (bool header = true; reader.Next(); header = false) {
    if (header) continue;
    absl::CivilDay day;
    if (reader.fields().size() != 2 || !absl::ParseCivilTime(reader.fields()[0], &day) ||
        !absl::SimpleAtod(reader.fields()[1], &data.values.emplace_back())) {
      return absl::InvalidArgumentError(absl::StrCat(path, ":", reader.line(), ": a day and a number"));
    }
    data.days.push_back(static_cast<double>(day - absl::CivilDay(1970)));
  }
  return data;
}

void Report(const Example& example, absl::string_view method, double mape, double reference,
            std::vector<Figure>& figures) {
  figures.push_back({absl::StrCat("prophet/mape/", example.name, "/", method), mape, "%", reference});
  std::cout << absl::StrFormat("%-16s %-26s MAPE %.3f%%\n", example.name, method, mape);
}

absl::Status BenchForm(const Example& example, absl::string_view method, SeasonForm form, const Data& data,
                       std::vector<Figure>& figures) {
  const size_t count = data.values.size() - example.held;
  const auto days = absl::MakeConstSpan(data.days);
  const Values values(data.values);
  const std::clock_t start = std::clock();
  ASSIGN_OR_RETURN(const auto model,
                   forecasting::TrendRegression::Fit(days.first(count), values.first(count), {.form = form}));
  const double milliseconds = 1e3 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  ASSIGN_OR_RETURN(const forecasting::TrendForecast found, model.Predict(days.subspan(count)));
  Report(example, method, forecasting::Mape(values.subspan(count), found.prediction.mean), example.peer, figures);
  if (form != SeasonForm::kAutomatic) return absl::OkStatus();
  figures.push_back({absl::StrCat("prophet/fit_ms/", example.name), milliseconds, "ms"});
  std::cout << absl::StrFormat("%-16s fitted in %.0f ms of CPU; the first step:", "", milliseconds);
  for (const forecasting::Component& component : found.components) {
    std::cout << absl::StrFormat("  %s %.6g", component.name, component.values[0]);
  }
  std::cout << "\n";
  return absl::OkStatus();
}

absl::Status BenchOthers(const Example& example, const Data& data, std::vector<Figure>& figures) {
  const size_t count = data.values.size() - example.held;
  const Values past = Values(data.values).first(count), actual = Values(data.values).subspan(count);
  std::vector<double> naive;
  for (int h = 0; h < example.held; ++h) naive.push_back(past[count - example.season + h % example.season]);
  Report(example, "seasonal_naive", forecasting::Mape(actual, naive), example.naive, figures);
  ASSIGN_OR_RETURN(const auto automatic, forecasting::ForecastAutomatically({past, {example.season}},
                                                                            {.horizon = example.held, .levels = {.5}}));
  Report(example, "automatic", forecasting::Mape(actual, automatic.prediction.mean), example.peer, figures);
  return absl::OkStatus();
}

}  // namespace

absl::Status BenchProphet(std::vector<Figure>& figures, std::vector<std::string>& files) {
  for (const Example& example : kExamples) {
    const std::string path = ForecastingDataPath(absl::StrCat("../bench/forecasting/prophet/", example.file));
    ASSIGN_OR_RETURN(const Data data, ReadExample(path));
    files.push_back(path);
    RETURN_IF_ERROR(BenchForm(example, "trend_regression", SeasonForm::kAutomatic, data, figures));
    RETURN_IF_ERROR(BenchForm(example, "trend_regression_added", SeasonForm::kAdditive, data, figures));
    RETURN_IF_ERROR(BenchOthers(example, data, figures));
  }
  return absl::OkStatus();
}

}  // namespace kontor::bench
