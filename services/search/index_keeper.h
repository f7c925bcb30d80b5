#pragma once

#include <atomic>
#include <thread>

#include "libs/base/mutex.h"
#include "libs/platform/runtime/metrics.h"
#include "services/search/search_follower.h"

namespace kontor::search {

// Keeps what the follower fills: makes changes visible ten times a second; behind calls, merges segments, learns
// companions again and saves snapshots. Owns two threads.
class IndexKeeper {
 public:
  IndexKeeper(SearchFollower& follower, runtime::Metrics& metrics);
  ~IndexKeeper();  // saves a last snapshot

  void Start();

 private:
  void Run(absl::Duration period, void (IndexKeeper::*work)());
  void CommitAll();
  void KeepAll();
  void RefreshChanged();
  void SaveIfDue();

  SearchFollower& follower_;
  const runtime::Gauge documents_;
  const runtime::Counter snapshot_failures_;
  std::map<std::string, absl::Time> next_refresh_;
  absl::Time next_save_;
  uint64_t saved_generations_ = 0;
  std::atomic<bool> stopped_{false};
  base::Mutex mutex_;
  base::CondVar stopping_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread committing_, keeping_;
};

}  // namespace kontor::search
