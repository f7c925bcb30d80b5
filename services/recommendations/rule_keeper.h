#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "libs/base/mutex.h"
#include "libs/platform/fleet/fleet.h"
#include "services/recommendations/rule_book.h"
#include "services/recommendations/rule_store.h"

namespace kontor::recommendations {

// Keeps the book of rules as the store says: one statement a second, and a load for each shop whose version has
// changed. While the store is away the last known rules stay. Owns one thread.
class RuleKeeper {
 public:
  RuleKeeper(RuleStore& store, RuleBook& book, absl::Span<const fleet::Shop> shops);
  ~RuleKeeper();

  // Brings one shop or all up to date now. One at a time; thread-safe.
  absl::Status Refresh(const std::string& shop);
  absl::Status RefreshAll();

  void Start();

 private:
  void Run();
  absl::Status Load(const std::string& shop) ABSL_EXCLUSIVE_LOCKS_REQUIRED(loading_);

  RuleStore& store_;
  RuleBook& book_;
  std::vector<std::string> shops_;
  base::Mutex loading_;
  base::Mutex mutex_;
  base::CondVar stopping_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace kontor::recommendations
