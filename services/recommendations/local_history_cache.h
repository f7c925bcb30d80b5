#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "libs/base/mutex.h"
#include "libs/base/random.h"
#include "libs/platform/runtime/metrics.h"
#include "services/recommendations/history_store.h"

namespace kontor::recommendations {

struct LocalHistoryCacheOptions {
  int64_t max_bytes = 128 << 20;
  absl::Duration lifetime = absl::Seconds(60);  // of an entry: between half of it and all of it, by chance
  int loaders = 4;                              // threads that ask below: its bulkhead
  size_t max_waiting = 64;                      // loads that wait for a loader; more are refused
  uint64_t seed = 1;
  std::function<absl::Duration()> monotonic;  // the monotonic clock unless given
};

// Histories in this process: least recently used ones leave first, one load at a time for each person however many ask,
// and a bulkhead: the layer below may hang, Get answers within its patience. When below fails, an entry that is past
// its lifetime is returned as stale. Thread-safe. A hit costs a short lock of one of 16 shards.
class LocalHistoryCache : public HistoryReader {
 public:
  // `origin` is what `below` caches; the same where it caches nothing.
  LocalHistoryCache(HistoryStore& below, HistoryStore& origin, runtime::Metrics& metrics,
                    LocalHistoryCacheOptions options = {});
  ~LocalHistoryCache();  // waits for the loads under way

  // Beside the errors of below: UNAVAILABLE (HISTORY_LATE) after the patience, RESOURCE_EXHAUSTED (HISTORY_BUSY) at
  // once when too many loads wait.
  absl::StatusOr<FoundHistory> Get(absl::string_view shop, absl::string_view subject, const Demand& demand) override;

  // Loads under way are answered but not kept.
  void Forget(absl::Span<const std::pair<std::string, std::string>> subjects);  // (shop, token)

  void Clear();  // the same for everybody

  int64_t bytes() const;

 private:
  static constexpr size_t kShards = 16;

  struct Entry {
    std::string key;
    std::shared_ptr<const PurchaseHistory> history;
    absl::Duration expires;  // on the monotonic clock
    int64_t bytes = 0;
  };
  struct Flight {  // guarded by the shard's mutex
    std::string shop, subject;
    bool past_caches = false;
    bool done = false;
    bool outdated = false;  // forgotten meanwhile
    absl::StatusOr<FoundHistory> result = FoundHistory{};
  };
  struct Shard {
    mutable base::Mutex mutex;
    base::CondVar landed;
    std::list<Entry> entries ABSL_GUARDED_BY(mutex);  // the most recently used first
    absl::flat_hash_map<std::string, std::list<Entry>::iterator> by_key ABSL_GUARDED_BY(mutex);
    absl::flat_hash_map<std::string, std::shared_ptr<Flight>> flights ABSL_GUARDED_BY(mutex);
    int64_t bytes ABSL_GUARDED_BY(mutex) = 0;
    base::Random random ABSL_GUARDED_BY(mutex){1};
  };

  Shard& ShardOf(const std::string& key);
  // What a hit returns; null on a miss. `stale` gets an entry past its lifetime.
  std::shared_ptr<const PurchaseHistory> Find(Shard& shard, const std::string& key,
                                              std::shared_ptr<const PurchaseHistory>& stale)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex);
  void Keep(Shard& shard, const std::string& key, std::shared_ptr<const PurchaseHistory> history)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex);
  void Drop(Shard& shard, const std::string& key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex);
  absl::Status Enqueue(std::shared_ptr<Flight> flight);
  // A load that was under way, or a new one.
  absl::StatusOr<std::shared_ptr<Flight>> Depart(Shard& shard, const std::string& key, absl::string_view shop,
                                                 absl::string_view subject, bool past_caches)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex);
  absl::StatusOr<FoundHistory> Await(Shard& shard, const Flight& flight, absl::Duration patience)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex);
  void LoadLoop();

  HistoryStore& below_;
  HistoryStore& origin_;
  const LocalHistoryCacheOptions options_;
  const runtime::Counter hits_, misses_;
  std::array<Shard, kShards> shards_;

  base::Mutex queue_mutex_;
  base::CondVar queued_;
  std::deque<std::shared_ptr<Flight>> queue_ ABSL_GUARDED_BY(queue_mutex_);
  bool stop_ ABSL_GUARDED_BY(queue_mutex_) = false;
  std::vector<std::thread> loaders_;
};

constexpr char kReasonHistoryLate[] = "HISTORY_LATE";
constexpr char kReasonHistoryBusy[] = "HISTORY_BUSY";

}  // namespace kontor::recommendations
