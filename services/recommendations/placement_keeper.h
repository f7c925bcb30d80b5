#pragma once

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "libs/base/clock.h"
#include "libs/base/mutex.h"
#include "libs/platform/fleet/fleet.h"
#include "services/recommendations/outcome_store.h"
#include "services/recommendations/placement_book.h"
#include "services/recommendations/placement_store.h"

namespace kontor::recommendations {

// Keeps the book of placements as the store says: settings once a second, and every half minute what is learned of the
// strategies from the answers of the last 30 days; where that takes long, after a rest of 20 times as long. While the
// store is away the last known state stays. Owns one thread.
class PlacementKeeper {
 public:
  struct Parts {
    postgres::Pool& pool;
    PlacementStore& store;
    PlacementBook& book;
    const base::Clock& clock;
    absl::Span<const fleet::Shop> shops;
  };
  explicit PlacementKeeper(const Parts& parts);
  ~PlacementKeeper();

  // Brings settings, or settings and strategies, up to date now. Thread-safe.
  absl::Status RefreshSettings();
  absl::Status RefreshAll();

  void Start();

 private:
  using Policies = std::map<v1::Placement, std::shared_ptr<const StrategyPolicy>>;
  void Run();
  absl::Status Look();
  absl::Status LoadSettings() ABSL_EXCLUSIVE_LOCKS_REQUIRED(loading_);
  absl::Status LearnStrategies() ABSL_EXCLUSIVE_LOCKS_REQUIRED(loading_);
  void Publish() ABSL_EXCLUSIVE_LOCKS_REQUIRED(loading_);

  postgres::Pool& pool_;
  PlacementStore& store_;
  PlacementBook& book_;
  const base::Clock& clock_;
  std::vector<std::string> shops_;
  absl::Time next_learning_ = absl::InfinitePast();  // of the thread
  base::Mutex loading_;
  std::map<std::string, std::vector<v1::PlacementSettings>> settings_ ABSL_GUARDED_BY(loading_);
  std::map<std::string, Policies> policies_ ABSL_GUARDED_BY(loading_);
  base::Mutex mutex_;
  base::CondVar stopping_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace kontor::recommendations
