#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "libs/base/clock.h"
#include "libs/base/mutex.h"
#include "libs/domain/forecasting/global_network.h"
#include "libs/platform/registry/registry.h"
#include "services/forecasting/demand_store.h"
#include "services/forecasting/past.h"
#include "services/forecasting/run_store.h"

namespace kontor::forecasting {

// One neural network over all products of a shop and step width (global_network.h): learned by a run that is given time
// for it, kept in the registry, asked for by the method "network". Thread-safe.
class NetworkKeeper {
 public:
  struct Parts {
    DemandStore& demand;
    registry::Registry& registry;
    const base::Clock& clock;
  };
  explicit NetworkKeeper(const Parts& parts) : parts_(parts) {}

  // By day and by week, from the kMostProducts that sold most, of those with enough history; half of the time each.
  // Memory: the sales of these. CANCELLED when `cancelled` says so; FAILED_PRECONDITION (TOO_LITTLE_HISTORY) for fewer
  // than kLeastProducts.
  absl::Status Learn(const fleet::Shop& shop, const Run& run, const std::function<bool()>& cancelled);
  static constexpr size_t kMostProducts = 1'000, kLeastProducts = 20;

  // The newest. FAILED_PRECONDITION (NO_NETWORK) where none was learned.
  absl::StatusOr<std::shared_ptr<const GlobalNetwork>> Get(const std::string& shop, v1::Grain grain);

 private:
  struct Held {
    int64_t version = 0;
    std::shared_ptr<const GlobalNetwork> network;
  };

  absl::Status LearnOne(const Run& run, v1::Grain grain, const std::map<std::string, DailySales>& sales,
                        const std::function<bool()>& cancelled);

  const Parts parts_;
  base::Mutex mutex_;
  std::map<std::string, Held> held_ ABSL_GUARDED_BY(mutex_);  // by name in the registry
};

constexpr char kNetworkMethod[] = "network";
constexpr char kReasonNoNetwork[] = "NO_NETWORK";

// As one of the set: its place on the calendar of its step width.
NetworkSeries AsNetworkSeries(const Past& past);

}  // namespace kontor::forecasting
