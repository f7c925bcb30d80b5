#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "libs/base/clock.h"
#include "libs/base/mutex.h"
#include "libs/domain/forecasting/global_network.h"
#include "libs/domain/forecasting/set_trees.h"
#include "libs/platform/registry/registry.h"
#include "services/forecasting/demand_store.h"
#include "services/forecasting/past.h"
#include "services/forecasting/run_store.h"

namespace kontor::forecasting {

// Models over all products of a shop and step width: a neural network (global_network.h) and boosted trees
// (set_trees.h). Learned by a run that is given time for it, kept in the registry, asked for by the methods "network"
// and "set_trees". Thread-safe.
class GlobalModels {
 public:
  struct Parts {
    DemandStore& demand;
    registry::Registry& registry;
    const base::Clock& clock;
  };
  explicit GlobalModels(const Parts& parts) : parts_(parts) {}

  // By day and by week, from the kMostProducts that sold most, of those with enough history; the networks take half of
  // the time each, the trees some seconds beside it. Memory: the sales of these. CANCELLED when `cancelled`
  // says so, which is asked for every product and tree and as often by the network: what has to go on meanwhile goes on
  // in it; FAILED_PRECONDITION (TOO_LITTLE_HISTORY) for fewer than kLeastProducts. Trees need SetModel::kLeastSeries.
  absl::Status Learn(const fleet::Shop& shop, const Run& run, const std::function<bool()>& cancelled);
  static constexpr size_t kMostProducts = 1'000, kLeastProducts = 20;

  // The newest. FAILED_PRECONDITION (NOT_LEARNED) where there is none.
  absl::StatusOr<std::shared_ptr<const GlobalNetwork>> Network(const std::string& shop, v1::Grain grain);
  absl::StatusOr<std::shared_ptr<const SetModel>> Trees(const std::string& shop, v1::Grain grain);

 private:
  template <typename Model>
  struct Held {
    int64_t version = 0;
    std::shared_ptr<const Model> model;
  };

  absl::Status LearnFrom(const std::vector<Past>& pasts, const Run& run, v1::Grain grain,
                         const std::function<bool()>& cancelled);
  absl::Status Keep(const std::string& name, const std::string& bytes, const Run& run, size_t series);
  template <typename Model>
  absl::StatusOr<std::shared_ptr<const Model>> Newest(
      const std::string& name, const std::function<absl::StatusOr<Model>(const std::string& bytes)>& load,
      std::map<std::string, Held<Model>>& held);

  const Parts parts_;
  base::Mutex mutex_;
  std::map<std::string, Held<GlobalNetwork>> networks_;  // by name in the registry; under mutex_
  std::map<std::string, Held<SetModel>> trees_;          // likewise
};

constexpr char kNetworkMethod[] = "network", kTreesMethod[] = "set_trees";
constexpr char kReasonNotLearned[] = "NOT_LEARNED";

// A past as these models read it: whole units, by weekday.
Series SetSeries(const Past& past);
NetworkSeries AsNetworkSeries(const Past& past);

}  // namespace kontor::forecasting
