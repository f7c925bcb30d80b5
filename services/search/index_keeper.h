#pragma once

#include <atomic>
#include <thread>

#include "libs/base/mutex.h"
#include "libs/platform/runtime/metrics.h"
#include "services/search/search_follower.h"

namespace kontor::search {

// Keeps what the follower fills: makes changes visible ten times a second; behind calls, merges segments, and beside
// that learns companions again and saves snapshots, both only where something has changed. Companions are learned again
// soon after the texts of products have changed, otherwise at most once in five minutes, and in all with at most a
// fifth of a core. Owns three threads.
class IndexKeeper {
 public:
  IndexKeeper(SearchFollower& follower, runtime::Metrics& metrics);
  ~IndexKeeper();  // saves a last snapshot

  void Start();

 private:
  void Run(absl::Duration period, void (IndexKeeper::*work)());
  void CommitAll();
  void MergeAll();
  void KeepAll();
  // The shop that was learned from longest ago of those that are due; null when none is.
  ShopSearch* Due(absl::Time now);
  void RefreshDue();
  void TellUnlearned();
  void SaveIfDue();

  SearchFollower& follower_;
  const runtime::Gauge documents_, unlearned_;
  const runtime::Counter snapshot_failures_;
  std::map<ShopSearch*, absl::Time> learned_;  // when it ended last
  absl::Time next_refresh_ = absl::InfinitePast();
  absl::Time next_save_;
  uint64_t saved_records_ = 0;
  std::atomic<bool> stopped_{false};
  base::Mutex mutex_;
  base::CondVar stopping_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread committing_, merging_, keeping_;
};

}  // namespace kontor::search
