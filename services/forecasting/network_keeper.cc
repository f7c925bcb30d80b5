#include "services/forecasting/network_keeper.h"

#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/money.h"
#include "libs/base/status.h"
#include "services/forecasting/forecast_runner.h"

namespace kontor::forecasting {
namespace {

constexpr int kChunk = 1'000, kVersionsKept = 2;
constexpr size_t kLeastHorizons = 3;  // of history
constexpr int kDailyHorizon = 28, kWeeklyHorizon = 8;

std::string NetworkName(absl::string_view shop, v1::Grain grain) {
  return absl::StrCat("forecast-network-", grain == v1::GRAIN_DAY ? "day" : "week", "-", shop);
}

absl::int128 UnitsOf(const DailySales& days) {
  absl::int128 sum = 0;
  for (const auto& [day, sold] : days) sum += sold.units;
  return sum;
}

// The best sellers of a shop, read a chunk at a time.
absl::StatusOr<std::map<std::string, DailySales>> LargestProducts(DemandStore& demand, const fleet::Shop& shop,
                                                                  const Run& run,
                                                                  const std::function<bool()>& cancelled) {
  std::multimap<absl::int128, std::pair<std::string, DailySales>> largest;  // the smallest of them first
  std::string after;
  for (;;) {
    if (cancelled()) return absl::CancelledError("the run was given up");
    ASSIGN_OR_RETURN(auto chunk, demand.SalesByProduct(shop, after, kChunk, run.data_until));
    if (chunk.empty()) break;
    after = chunk.rbegin()->first;
    for (auto& [product, sold] : chunk) {
      if (!sold.pieces) continue;
      const absl::int128 units = UnitsOf(sold.days);
      largest.emplace(units, std::make_pair(product, std::move(sold.days)));
      if (largest.size() > NetworkKeeper::kMostProducts) largest.erase(largest.begin());
    }
  }
  std::map<std::string, DailySales> out;
  for (auto& [units, product] : largest) out.insert(std::move(product));
  return out;
}

}  // namespace

NetworkSeries AsNetworkSeries(const Past& past) {
  NetworkSeries series;
  series.series.values = past.cleaned;
  series.series.seasons = past.grain == v1::GRAIN_DAY ? std::vector<int>{7} : std::vector<int>();
  series.start = past.first_step;
  return series;
}

absl::Status NetworkKeeper::LearnOne(const Run& run, v1::Grain grain, const std::map<std::string, DailySales>& sales,
                                     const std::function<bool()>& cancelled) {
  const int horizon = grain == v1::GRAIN_DAY ? kDailyHorizon : kWeeklyHorizon;
  PastQuestion question;
  question.grain = grain;
  question.until = run.data_until;
  question.product = true;
  question.bulk_units = run.bulk_units;
  std::vector<Past> pasts;
  for (const auto& [product, days] : sales) {
    auto past = BuildPast(days, {}, question);
    if (!past.ok() || past->cleaned.size() < kLeastHorizons * static_cast<size_t>(horizon))
      continue;  // too young to learn from
    for (double& units : past->cleaned) units = std::floor(units);
    pasts.push_back(*std::move(past));
  }
  if (pasts.size() < kLeastProducts) {
    return base::Error(
        absl::StatusCode::kFailedPrecondition, kReasonTooLittleHistory,
        absl::StrCat("a network needs ", kLeastProducts, " products with ", static_cast<int>(kLeastHorizons) * horizon,
                     " steps of sales; there are ", pasts.size()));
  }
  std::vector<NetworkSeries> set;
  for (const Past& past : pasts) set.push_back(AsNetworkSeries(past));
  nn::TrainControl control;
  control.clock = &parts_.clock;
  control.max_seconds = run.network_seconds / 2;
  control.cancelled = cancelled;
  GlobalNetworkOptions options;
  options.horizon = horizon;
  ASSIGN_OR_RETURN(const GlobalNetwork network, GlobalNetwork::Train(set, options, control));
  registry::ModelMetadata metadata;
  metadata.metrics["run"] = static_cast<double>(run.number);
  metadata.metrics["series"] = static_cast<double>(set.size());
  const std::string name = NetworkName(run.shop, grain);
  RETURN_IF_ERROR(parts_.registry.Publish(name, network.Save(), metadata).status());
  return parts_.registry.Prune(name, kVersionsKept).status();
}

absl::Status NetworkKeeper::Learn(const fleet::Shop& shop, const Run& run, const std::function<bool()>& cancelled) {
  ASSIGN_OR_RETURN(const auto sales, LargestProducts(parts_.demand, shop, run, cancelled));
  for (const v1::Grain grain : {v1::GRAIN_DAY, v1::GRAIN_WEEK}) {
    RETURN_IF_ERROR(LearnOne(run, grain, sales, cancelled));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const GlobalNetwork>> NetworkKeeper::Get(const std::string& shop, v1::Grain grain) {
  const std::string name = NetworkName(shop, grain);
  const auto versions = parts_.registry.List(name);
  if (!versions.ok() && !absl::IsNotFound(versions.status())) return versions.status();
  if (!versions.ok() || versions->empty()) {
    return base::Error(absl::StatusCode::kFailedPrecondition, kReasonNoNetwork,
                       "no network was learned for this step width; start a run with network_seconds");
  }
  base::MutexLock lock(mutex_);
  Held& held = held_[name];
  if (held.version == versions->front().version) return held.network;
  ASSIGN_OR_RETURN(const registry::Model model, parts_.registry.LoadLatest(name));
  ASSIGN_OR_RETURN(GlobalNetwork network, GlobalNetwork::Load(model.bytes));
  held = {model.info.version, std::make_shared<const GlobalNetwork>(std::move(network))};
  return held.network;
}

}  // namespace kontor::forecasting
