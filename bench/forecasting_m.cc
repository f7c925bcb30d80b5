#include "bench/forecasting_m.h"

#include <algorithm>
#include <iostream>
#include <iterator>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/forecasting_network.h"
#include "libs/base/status.h"
#include "libs/domain/forecasting/methods.h"

namespace kontor::bench {
namespace {

constexpr absl::string_view kGroups[] = {"yearly", "quarterly", "monthly", "other"};

// statsforecast 2.1.1 by group: sMAPE and MASE. Monthly series were too slow for its AutoARIMA.
struct Peer {
  absl::string_view group, method;
  double smape, mase;
};
constexpr Peer kPeers[] = {
    {"yearly", "seasonal_naive", 17.880, 3.172},
    {"yearly", "theta", 16.650, 2.770},
    {"yearly", "dynamic_optimised_theta", 15.787, 2.576},
    {"yearly", "auto_theta", 16.618, 2.598},
    {"yearly", "ces", 17.611, 3.187},
    {"yearly", "auto_ets", 16.190, 2.695},
    {"yearly", "auto_arima", 16.716, 2.882},
    {"yearly", "combination", 15.569, 2.656},
    {"quarterly", "seasonal_naive", 11.065, 1.425},
    {"quarterly", "theta", 9.232, 1.123},
    {"quarterly", "dynamic_optimised_theta", 9.320, 1.126},
    {"quarterly", "auto_theta", 9.264, 1.103},
    {"quarterly", "ces", 9.660, 1.140},
    {"quarterly", "auto_ets", 9.447, 1.143},
    {"quarterly", "auto_arima", 10.089, 1.191},
    {"quarterly", "combination", 9.150, 1.087},
    {"monthly", "seasonal_naive", 17.234, 1.146},
    {"monthly", "theta", 13.827, 0.861},
    {"monthly", "dynamic_optimised_theta", 13.725, 0.850},
    {"monthly", "auto_theta", 14.968, 0.861},
    {"monthly", "ces", 15.413, 0.867},
    {"monthly", "auto_ets", 14.160, 0.863},
    {"monthly", "combination", 13.577, 0.834},
    {"other", "seasonal_naive", 6.302, 3.089},
    {"other", "theta", 4.933, 2.275},
    {"other", "dynamic_optimised_theta", 4.543, 1.923},
    {"other", "auto_theta", 4.808, 2.014},
    {"other", "ces", 4.846, 2.251},
    {"other", "auto_ets", 4.345, 1.801},
    {"other", "auto_arima", 4.494, 1.852},
    {"other", "combination", 4.317, 1.795},
};
constexpr double kPeerCombination = 12.736;  // pooled sMAPE of the median of AutoETS, AutoCES and DOT

void AddPeers(absl::string_view group, size_t from, std::vector<Figure>& figures) {
  for (size_t i = from; i < figures.size(); ++i) {
    for (const Peer& peer : kPeers) {
      if (peer.group != group) continue;
      if (figures[i].name == absl::StrCat("m3_", group, "/smape/", peer.method)) figures[i].reference = peer.smape;
      if (figures[i].name == absl::StrCat("m3_", group, "/mase/", peer.method)) figures[i].reference = peer.mase;
    }
  }
}

// The row of the global network, with its OWA.
absl::Status AddNetwork(const ForecastSet& set, const ForecastBenchOptions& options, std::vector<Figure>& figures) {
  ASSIGN_OR_RETURN(const forecasting::Method naive2, forecasting::MethodByName("naive2"));
  ASSIGN_OR_RETURN(SetForecast network, ForecastByNetwork(set, options.network_seconds));
  std::vector<Figure> both;
  AddAccuracy(set, {ForecastAll(set, naive2, options.threads), std::move(network)}, both);
  std::copy_if(both.begin(), both.end(), std::back_inserter(figures),
               [](const Figure& figure) { return absl::EndsWith(figure.name, "/network"); });
  return absl::OkStatus();
}

}  // namespace

absl::Status BenchM3(const ForecastBenchOptions& options, std::vector<Figure>& figures,
                     std::vector<std::string>& files) {
  std::map<std::string, SetAccuracy> sums;
  for (const absl::string_view group : kGroups) {
    ASSIGN_OR_RETURN(const ForecastSet set, ReadM3(group));
    if (group == kGroups[0]) files.insert(files.end(), set.files.begin(), set.files.end());
    const size_t from = figures.size();
    for (const auto& [method, accuracy] : BenchSet(set, options, figures)) sums[method].Add(accuracy);
    if (!options.quick) AddPeers(group, from, figures);
  }
  for (const auto& [method, sum] : sums) {
    figures.push_back({"m3/smape/" + method, sum.smape, "%"});
    figures.push_back({"m3/mase/" + method, sum.mase, ""});
    std::cout << absl::StrFormat("%-16s %-26s sMAPE %8.3f  MASE %7.3f\n", "m3", method, sum.smape, sum.mase);
    if (options.quick || !absl::EndsWith(method, "combination")) continue;
    figures.push_back({absl::StrCat("m3_smape_", method), sum.smape, "%", kPeerCombination,
                       "3,003 series, all points; reference: the best peers' median of three"});
  }
  return absl::OkStatus();
}

absl::Status BenchM4Hourly(const ForecastBenchOptions& options, std::vector<Figure>& figures,
                           std::vector<std::string>& files) {
  ASSIGN_OR_RETURN(ForecastSet set, ReadM4(ForecastingDataPath("m4/Hourly-train.csv"),
                                           ForecastingDataPath("m4/Hourly-test.csv"), {24, 168}, 48));
  set.name = "m4_hourly";
  files.insert(files.end(), set.files.begin(), set.files.end());
  BenchSet(set, options, figures);
  return options.network_seconds > 0 ? AddNetwork(set, options, figures) : absl::OkStatus();
}

}  // namespace kontor::bench
