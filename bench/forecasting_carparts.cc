#include "bench/forecasting_carparts.h"

#include <cmath>
#include <ctime>
#include <iostream>
#include <numeric>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "bench/forecasting_data.h"
#include "libs/base/csv.h"
#include "libs/base/status.h"
#include "libs/domain/forecasting/intermittent.h"
#include "libs/domain/forecasting/intermittent_pool.h"
#include "libs/domain/forecasting/inventory_demand.h"
#include "libs/domain/forecasting/measures.h"

namespace kontor::bench {
namespace {

using forecasting::DemandSum;
using forecasting::Values;

constexpr int kHorizon = 6;

// statsforecast 2.1.1.
struct Peer {
  absl::string_view method;
  double wape_sum, bias;
};
constexpr Peer kPeers[] = {{"croston", 1.2960, .3140},
                           {"croston_optimised", 1.0679, .3818},
                           {"sba", 1.2533, .2483},
                           {"tsb", .9363, .2803},
                           {"smoothed_demand", .8491, .1364},
                           {"adida", .8571, .1143},
                           {"imapa", .8400, .1314},
                           {"pool", .8400, .1314}};  // of the pool: the best of them

struct Parts {
  std::vector<std::vector<double>> past;
  std::vector<double> sums;  // of the months held out
};

absl::StatusOr<Parts> ReadParts(const std::string& path) {
  ASSIGN_OR_RETURN(base::CsvReader reader, base::CsvReader::Open(path));
  Parts parts;
  for (bool header = true; reader.Next(); header = false) {
    if (header) continue;
    if (reader.fields().size() < 4)
      return absl::InvalidArgumentError(absl::StrCat(path, ":", reader.line(), ": four columns"));
    std::vector<double> values;
    bool complete = true;
    for (const absl::string_view word : absl::StrSplit(reader.fields()[3], ' ')) {
      complete = absl::SimpleAtod(word, &values.emplace_back()) && complete;
    }
    if (!complete || values.size() <= kHorizon) continue;
    parts.sums.push_back(std::accumulate(values.end() - kHorizon, values.end(), 0.0));
    values.resize(values.size() - kHorizon);
    parts.past.push_back(std::move(values));
  }
  if (parts.past.empty()) return absl::InvalidArgumentError(absl::StrCat(path, " has no complete series"));
  return parts;
}

absl::Status AddFigures(absl::string_view method, const Parts& parts, const std::vector<DemandSum>& found, double cpu,
                        std::vector<Figure>& figures) {
  std::vector<double> means;
  for (const DemandSum& sum : found) means.push_back(sum.mean);
  const auto add = [&](absl::string_view what, double value, absl::string_view unit) -> Figure& {
    figures.push_back({absl::StrCat("carparts/", what, "/", method), value, std::string(unit)});
    return figures.back();
  };
  Figure& wape = add("wape_sum", forecasting::Wape(parts.sums, means), "");
  for (const Peer& peer : kPeers) {
    if (peer.method == method) wape.reference = peer.wape_sum;
  }
  const double error = wape.value;
  Figure& bias = add("bias", forecasting::Bias(parts.sums, means), "");
  for (const Peer& peer : kPeers) {
    if (peer.method == method) bias.reference = peer.bias;
  }
  const double off = bias.value;
  std::string quantiles;
  for (const double level : {.9, .95}) {
    std::vector<double> bounds;
    double below = 0;
    for (size_t i = 0; i < found.size(); ++i) {
      ASSIGN_OR_RETURN(const forecasting::Demand demand,
                       forecasting::CountDemand(found[i].mean, std::sqrt(found[i].variance)));
      bounds.push_back(demand->Quantile(level));
      below += parts.sums[i] <= bounds.back() ? 100.0 / static_cast<double>(found.size()) : 0;
    }
    const double loss = forecasting::PinballLoss(parts.sums, bounds, level);
    const int percent = static_cast<int>(std::lround(100 * level));
    add(absl::StrCat("pinball_", percent), loss, "parts");
    add(absl::StrCat("up_to_", percent), below, "%");
    absl::StrAppendFormat(&quantiles, "  pinball at %d%% %.4f (%.1f%% below)", percent, loss, below);
  }
  add("cpu_ms_per_series", 1e3 * cpu / static_cast<double>(found.size()), "ms");
  std::cout << absl::StrFormat("%-16s %-26s WAPE of the sum %.4f  bias %+.4f%s\n", "carparts", method, error, off,
                               quantiles);
  return absl::OkStatus();
}

double CpuSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

absl::Status BenchAlone(const forecasting::Method& method, const Parts& parts, std::vector<Figure>& figures) {
  const double start = CpuSeconds();
  std::vector<DemandSum> found;
  for (const std::vector<double>& past : parts.past) {
    ASSIGN_OR_RETURN(const auto model, method.fit({past, {}}));
    found.push_back(forecasting::SumOverSteps(past, model->Predict(1).mean[0], kHorizon));
  }
  return AddFigures(method.name, parts, found, CpuSeconds() - start, figures);
}

absl::Status BenchPool(const Parts& parts, std::vector<Figure>& figures) {
  const double start = CpuSeconds();
  const std::vector<Values> past(parts.past.begin(), parts.past.end());
  ASSIGN_OR_RETURN(const forecasting::DemandPool pool, forecasting::DemandPool::Learn(past, kHorizon));
  std::vector<DemandSum> found;
  for (const Values values : past) found.push_back(pool.Sum(values, kHorizon));
  return AddFigures("pool", parts, found, CpuSeconds() - start, figures);
}

}  // namespace

absl::Status BenchCarParts(std::vector<Figure>& figures, std::vector<std::string>& files) {
  const std::string path = ForecastingDataPath("expsmooth/carparts.csv");
  ASSIGN_OR_RETURN(const Parts parts, ReadParts(path));
  files.push_back(path);
  for (const forecasting::Method& method :
       {forecasting::CrostonMethod(), forecasting::CrostonOptimisedMethod(), forecasting::SbaMethod(),
        forecasting::TsbMethod(), forecasting::SmoothedDemandMethod(), forecasting::AdidaMethod(),
        forecasting::ImapaMethod(), forecasting::IntermittentMethod()}) {
    RETURN_IF_ERROR(BenchAlone(method, parts, figures));
  }
  return BenchPool(parts, figures);
}

}  // namespace kontor::bench
