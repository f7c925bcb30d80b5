// How good and how fast the forecasting methods are.
//
//   bench_forecasting [--series FILE --horizon N | --train FILE --test FILE [--horizon N]] [--season N[,N]]
//                     [--methods NAME[,NAME]] [--only PART[,PART]] [--threads N] [--quick]
//                     [--network-seconds N]
//
// Without files it measures every part: m3, m4, intervals, tourism, carparts, retail, walmart, prophet, speed.
#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "bench/figures.h"
#include "bench/forecasting_accuracy.h"
#include "bench/forecasting_carparts.h"
#include "bench/forecasting_data.h"
#include "bench/forecasting_intervals.h"
#include "bench/forecasting_m.h"
#include "bench/forecasting_prophet.h"
#include "bench/forecasting_retail.h"
#include "bench/forecasting_speed.h"
#include "bench/forecasting_tourism.h"
#include "bench/forecasting_walmart.h"
#include "libs/base/status.h"
#include "libs/domain/forecasting/methods.h"

namespace kontor::bench {
namespace {

constexpr char kUsage[] =
    "usage: bench_forecasting [--series FILE --horizon N | --train FILE --test FILE [--horizon N]] [--season N[,N]] "
    "[--methods NAME[,NAME]] [--only m3|m4|intervals|tourism|carparts|retail|walmart|prophet|speed[,…]] [--threads N] "
    "[--quick] [--network-seconds N]";

// What is measured unless methods are named: those that are comparable with published figures, and the combinations.
constexpr const char* kMethods[] = {
    "naive2",     "seasonal_naive", "theta",       "dynamic_optimised_theta", "auto_theta", "ces", "auto_ets",
    "auto_arima", "mstl_auto_ets",  "long_season", "quick_combination",       "combination"};

// Of each part the method that is meant for it, beside the best of the peers.
constexpr Headline kHeadlines[] = {
    {"m4_hourly_owa", "m4_hourly/owa/long_season", "414 series, seasons of 24 and 168; aim", .410},
    {"tourism_mase", "tourism_mase/dynamic_optimised_theta/min_trace_non_negative", "425 series that agree; peer"},
    {"carparts_wape", "carparts/wape_sum/pool", "2,509 intermittent series, the sum of six months; best peer"},
    {"retail_week_total", "retail_week/total/recent_level", "accuracy, %, of four weeks; best peer", 0,
     "retail_week/total/best_peer"},
    {"retail_next_week_total", "retail_next_week/total/recent_level", "best peer", 0,
     "retail_next_week/total/best_peer"},
    {"retail_day_total", "retail_day/total/week_profile", "best peer", 0, "retail_day/total/best_peer"},
    {"retail_week_product", "retail_week/product/set_trees", "best peer", 0, "retail_week/product/best_peer"},
    {"retail_next_week_product", "retail_next_week/product/set_trees", "best peer", 0,
     "retail_next_week/product/best_peer"},
    {"retail_day_product", "retail_day/product/set_trees", "best peer", 0, "retail_day/product/best_peer"},
    {"walmart_wmae", "walmart/wmae/panel_profile", "3,331 series; best peer"},
    {"prophet_retail_mape", "prophet/mape/retail_sales/trend_regression", "Prophet 1.5.0"},
    {"prophet_peyton_mape", "prophet/mape/peyton_manning/trend_regression", "Prophet 1.5.0"},
};

struct Options {
  std::string series, train, test;
  int horizon = 0;
  std::vector<int> seasons;
  std::vector<std::string> methods, only;
  ForecastBenchOptions bench;
};

absl::Status ReadSeasons(const std::string& text, std::vector<int>& seasons) {
  for (const absl::string_view word : absl::StrSplit(text, ',')) {
    int season = 0;
    if (!absl::SimpleAtoi(word, &season) || season < 1) return absl::InvalidArgumentError(kUsage);
    if (season > 1) seasons.push_back(season);
  }
  return absl::OkStatus();
}

absl::StatusOr<Options> ReadOptions(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i], value = i + 1 < argc ? argv[i + 1] : "";
    if (name == "--quick") {
      options.bench.quick = true;
      continue;
    }
    ++i;
    if (name == "--series") {
      options.series = value;
    } else if (name == "--train") {
      options.train = value;
    } else if (name == "--test") {
      options.test = value;
    } else if (name == "--season") {
      RETURN_IF_ERROR(ReadSeasons(value, options.seasons));
    } else if (name == "--methods") {
      options.methods = absl::StrSplit(value, ',');
    } else if (name == "--only") {
      options.only = absl::StrSplit(value, ',');
    } else if (!(name == "--horizon" && absl::SimpleAtoi(value, &options.horizon) && options.horizon > 0) &&
               !(name == "--network-seconds" && absl::SimpleAtoi(value, &options.bench.network_seconds) &&
                 options.bench.network_seconds > 0) &&
               !(name == "--threads" && absl::SimpleAtoi(value, &options.bench.threads) && options.bench.threads > 0)) {
      return absl::InvalidArgumentError(kUsage);
    }
  }
  const bool table = !options.series.empty(), pair = !options.train.empty();
  if (pair != !options.test.empty() || (table && (pair || options.horizon == 0))) {
    return absl::InvalidArgumentError(kUsage);
  }
  return options;
}

absl::Status ChooseMethods(Options& options) {
  if (options.methods.empty()) options.methods.assign(std::begin(kMethods), std::end(kMethods));
  for (const std::string& name : options.methods) {
    ASSIGN_OR_RETURN(options.bench.methods.emplace_back(), forecasting::MethodByName(name));
  }
  return absl::OkStatus();
}

absl::Status BenchFiles(const Options& options, std::vector<Figure>& figures, std::vector<std::string>& files) {
  absl::StatusOr<ForecastSet> set = options.series.empty()
                                        ? ReadM4(options.train, options.test, options.seasons, options.horizon)
                                        : ReadLongTable(options.series, options.seasons, options.horizon);
  RETURN_IF_ERROR(set.status());
  files = set->files;
  BenchSet(*set, options.bench, figures);
  BenchIntervals(*set, options.bench, figures);
  return absl::OkStatus();
}

absl::Status Main(int argc, char** argv) {
  ASSIGN_OR_RETURN(Options options, ReadOptions(argc, argv));
  RETURN_IF_ERROR(ChooseMethods(options));
  std::vector<Figure> figures;
  std::vector<std::string> files;
  if (!options.series.empty() || !options.train.empty()) {
    RETURN_IF_ERROR(BenchFiles(options, figures, files));
    return WriteFigures(figures, files);
  }
  const auto wanted = [&](absl::string_view part) {
    return options.only.empty() || std::find(options.only.begin(), options.only.end(), part) != options.only.end();
  };
  if (wanted("m3")) RETURN_IF_ERROR(BenchM3(options.bench, figures, files));
  if (wanted("m4")) RETURN_IF_ERROR(BenchM4Hourly(options.bench, figures, files));
  if (wanted("intervals")) RETURN_IF_ERROR(BenchM3Intervals(options.bench, figures, files));
  if (wanted("tourism")) RETURN_IF_ERROR(BenchTourism(options.bench.threads, figures, files));
  if (wanted("carparts")) RETURN_IF_ERROR(BenchCarParts(figures, files));
  if (wanted("retail")) RETURN_IF_ERROR(BenchRetail(options.bench, figures, files));
  if (wanted("walmart")) RETURN_IF_ERROR(BenchWalmart(figures, files));
  if (wanted("prophet")) RETURN_IF_ERROR(BenchProphet(figures, files));
  if (wanted("speed")) RETURN_IF_ERROR(BenchForecastingSpeed(options.bench.quick, figures, files));
  if (figures.empty()) return absl::InvalidArgumentError(kUsage);
  if (!options.bench.quick) AddHeadlines(kHeadlines, figures);
  return WriteFigures(figures, files);
}

}  // namespace
}  // namespace kontor::bench

int main(int argc, char** argv) {
  const absl::Status status = kontor::bench::Main(argc, argv);
  if (!status.ok()) std::cerr << status.message() << "\n";
  return status.ok() ? 0 : 1;
}
