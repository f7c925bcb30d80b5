#include "services/forecasting/global_models.h"

#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/bytes.h"
#include "libs/base/status.h"
#include "services/forecasting/forecast_runner.h"

namespace kontor::forecasting {
namespace {

constexpr int kChunk = 1'000, kVersionsKept = 2;
constexpr size_t kLeastHorizons = 3;  // of history
constexpr int kDailyHorizon = 28, kWeeklyHorizon = 8;

std::string ModelName(absl::string_view method, absl::string_view shop, v1::Grain grain) {
  return absl::StrCat("forecast-", method == kNetworkMethod ? "network" : "trees", "-",
                      grain == v1::GRAIN_DAY ? "day" : "week", "-", shop);
}

absl::Status GivenUp() { return absl::CancelledError("the run was given up"); }

int HorizonOf(v1::Grain grain) { return grain == v1::GRAIN_DAY ? kDailyHorizon : kWeeklyHorizon; }

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
    if (cancelled()) return GivenUp();
    ASSIGN_OR_RETURN(auto chunk, demand.SalesByProduct(shop, after, kChunk, run.data_until));
    if (chunk.empty()) break;
    after = chunk.rbegin()->first;
    for (auto& [product, sold] : chunk) {
      if (!sold.pieces) continue;
      const absl::int128 units = UnitsOf(sold.days);
      largest.emplace(units, std::make_pair(product, std::move(sold.days)));
      if (largest.size() > GlobalModels::kMostProducts) largest.erase(largest.begin());
    }
  }
  std::map<std::string, DailySales> out;
  for (auto& [units, product] : largest) out.insert(std::move(product));
  return out;
}

}  // namespace

Series SetSeries(const Past& past) {
  return {past.cleaned, past.grain == v1::GRAIN_DAY ? std::vector<int>{7} : std::vector<int>()};
}

NetworkSeries AsNetworkSeries(const Past& past) {
  NetworkSeries series;
  series.series = SetSeries(past);
  series.start = past.first_step;
  return series;
}

absl::Status GlobalModels::Keep(const std::string& name, const std::string& bytes, const Run& run, size_t series) {
  registry::ModelMetadata metadata;
  metadata.metrics["run"] = static_cast<double>(run.number);
  metadata.metrics["series"] = static_cast<double>(series);
  RETURN_IF_ERROR(parts_.registry.Publish(name, bytes, metadata).status());
  return parts_.registry.Prune(name, kVersionsKept).status();
}

absl::Status GlobalModels::LearnFrom(const std::vector<Past>& pasts, const Run& run, v1::Grain grain,
                                     const std::function<bool()>& cancelled) {
  const int horizon = HorizonOf(grain);
  std::vector<Series> set;
  std::vector<NetworkSeries> network_set;
  for (const Past& past : pasts) {
    set.push_back(SetSeries(past));
    network_set.push_back(AsNetworkSeries(past));
  }
  if (set.size() >= SetModel::kLeastSeries) {
    SetModelOptions options;
    options.horizon = horizon;
    options.cancelled = cancelled;
    ASSIGN_OR_RETURN(const SetModel trees, SetModel::Train(set, options));
    base::ByteWriter bytes;
    trees.Save(bytes);
    RETURN_IF_ERROR(Keep(ModelName(kTreesMethod, run.shop, grain), std::move(bytes).Take(), run, set.size()));
  }
  nn::TrainControl control;
  control.clock = &parts_.clock;
  control.max_seconds = static_cast<double>(run.learn_seconds) / 2;
  control.cancelled = cancelled;
  GlobalNetworkOptions options;
  options.horizon = horizon;
  ASSIGN_OR_RETURN(const GlobalNetwork network, GlobalNetwork::Train(network_set, options, control));
  return Keep(ModelName(kNetworkMethod, run.shop, grain), network.Save(), run, set.size());
}

absl::Status GlobalModels::Learn(const fleet::Shop& shop, const Run& run, const std::function<bool()>& cancelled) {
  ASSIGN_OR_RETURN(const auto sales, LargestProducts(parts_.demand, shop, run, cancelled));
  for (const v1::Grain grain : {v1::GRAIN_DAY, v1::GRAIN_WEEK}) {
    const size_t least = kLeastHorizons * static_cast<size_t>(HorizonOf(grain));
    PastQuestion question;
    question.grain = grain;
    question.until = run.data_until;
    question.product = true;
    question.bulk_units = run.bulk_units;
    std::vector<Past> pasts;
    for (const auto& [product, days] : sales) {
      if (cancelled()) return GivenUp();
      auto past = BuildPast(days, {}, question);
      if (!past.ok() || past->cleaned.size() < least) continue;  // too young to learn from
      for (double& units : past->cleaned) units = std::floor(units);
      pasts.push_back(*std::move(past));
    }
    if (pasts.size() < kLeastProducts) {
      return base::Error(absl::StatusCode::kFailedPrecondition, kReasonTooLittleHistory,
                         absl::StrCat("models over all products need ", kLeastProducts, " products with ", least,
                                      " steps of sales; there are ", pasts.size()));
    }
    RETURN_IF_ERROR(LearnFrom(pasts, run, grain, cancelled));
  }
  return absl::OkStatus();
}

template <typename Model>
absl::StatusOr<std::shared_ptr<const Model>> GlobalModels::Newest(
    const std::string& name, const std::function<absl::StatusOr<Model>(const std::string& bytes)>& load,
    std::map<std::string, Held<Model>>& held) {
  const auto versions = parts_.registry.List(name);
  if (!versions.ok() && !absl::IsNotFound(versions.status())) return versions.status();
  if (!versions.ok() || versions->empty()) {
    return base::Error(absl::StatusCode::kFailedPrecondition, kReasonNotLearned,
                       "this method was not learned for this step width; start a run with learn_seconds");
  }
  base::MutexLock lock(mutex_);
  Held<Model>& one = held[name];
  if (one.version == versions->front().version) return one.model;
  ASSIGN_OR_RETURN(const registry::Model stored, parts_.registry.LoadLatest(name));
  ASSIGN_OR_RETURN(Model model, load(stored.bytes));
  one = {stored.info.version, std::make_shared<const Model>(std::move(model))};
  return one.model;
}

absl::StatusOr<std::shared_ptr<const GlobalNetwork>> GlobalModels::Network(const std::string& shop, v1::Grain grain) {
  return Newest<GlobalNetwork>(
      ModelName(kNetworkMethod, shop, grain), [](const std::string& bytes) { return GlobalNetwork::Load(bytes); },
      networks_);
}

absl::StatusOr<std::shared_ptr<const SetModel>> GlobalModels::Trees(const std::string& shop, v1::Grain grain) {
  return Newest<SetModel>(
      ModelName(kTreesMethod, shop, grain),
      [](const std::string& bytes) -> absl::StatusOr<SetModel> {
        base::ByteReader reader(bytes);
        SetModel model = SetModel::Load(reader);
        reader.Require(reader.AtEnd(), "a stored model is longer than it says");
        RETURN_IF_ERROR(reader.status());
        return model;
      },
      trees_);
}

}  // namespace kontor::forecasting
