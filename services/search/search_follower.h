#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "libs/base/mutex.h"
#include "libs/domain/text/analyzer.h"
#include "libs/platform/fleet/fleet.h"
#include "libs/platform/log/follower.h"
#include "libs/platform/registry/registry.h"
#include "libs/platform/runtime/metrics.h"
#include "services/search/shop_search.h"

namespace kontor::search {

// Follows catalog, inventory, behavior and orders into each shop's search, from where the snapshots in the registry
// left off; without one that verifies, from the log's begin. Every process keeps its own. Thread-safe.
class SearchFollower {
 public:
  // INVALID_ARGUMENT for a shop whose language has no analyzer. `sentences` may be null.
  static absl::StatusOr<std::unique_ptr<SearchFollower>> Create(
      fleet::Fleet& fleet, const std::shared_ptr<const nn::SentenceEncoder>& sentences);
  ~SearchFollower();  // stops

  static const std::vector<std::string>& Topics();

  absl::Status Start();
  void Stop();

  // Null for a shop that is not configured. Valid as long as this.
  ShopSearch* Find(absl::string_view shop) const;
  const std::map<std::string, std::unique_ptr<ShopSearch>, std::less<>>& shops() const { return shops_; }
  const log::Follower& follower() const { return *follower_; }  // after Start

  // OK once what was on the log at Start is found; UNAVAILABLE (VIEW_NOT_READY) until then.
  absl::Status Ready() const;

  // Waits as the follower does, and makes what has come visible.
  absl::Status WaitUntilApplied(const log::Position& position, absl::Duration timeout) const;

  // Publishes a snapshot of every shop, all at one place of the log, and removes old ones. Records wait while the bytes
  // are made, not while they are written.
  absl::Status SaveSnapshots();

 private:
  explicit SearchFollower(fleet::Fleet& fleet);
  void LoadSnapshots();
  void Apply(absl::string_view topic, int partition, absl::Span<const log::LogRecord> records);
  std::string Owner() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(applying_);

  fleet::Fleet& fleet_;
  const runtime::Counter unusable_;
  std::map<std::string, std::unique_ptr<ShopSearch>, std::less<>> shops_;
  mutable base::Mutex applying_;
  std::map<std::pair<std::string, int>, int64_t> next_ ABSL_GUARDED_BY(applying_);  // offsets by topic and partition
  std::unique_ptr<log::Follower> follower_;                                         // last: stops before what it fills
};

// Of a shop's snapshots in the registry.
std::string SnapshotName(absl::string_view shop);

}  // namespace kontor::search
