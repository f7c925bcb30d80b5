#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "libs/base/clock.h"
#include "libs/base/mutex.h"
#include "libs/base/random.h"
#include "libs/platform/redis/client.h"
#include "libs/platform/runtime/metrics.h"
#include "services/recommendations/history_store.h"

namespace kontor::recommendations {

// Keeps packed histories in Redis: fresh for five minutes, up to a fifth more by chance so that they do not end
// together, then for a day as stale, returned only when the layer below fails. Whatever Redis does, it costs at most
// its client's time limit (10 ms) and never an error. A value that lost a race with Forget is fresh no longer than
// that; events younger than 15 minutes are laid over by the overlay anyway.
class CachingHistoryStore : public HistoryStore {
 public:
  static constexpr absl::Duration kFresh = absl::Minutes(5), kKept = absl::Hours(24);

  CachingHistoryStore(HistoryStore& below, redis::Client& redis, const base::Clock& clock, runtime::Metrics& metrics,
                      uint64_t seed);

  absl::StatusOr<FoundHistory> Get(absl::string_view shop, absl::string_view subject) override;

  // After a commit: the next Get reads from below.
  void Forget(absl::Span<const std::pair<std::string, std::string>> subjects);  // (shop, token)

 private:
  // Nullopt on a miss, whatever its cause.
  std::optional<FoundHistory> Unpack(const absl::StatusOr<std::optional<std::string>>& value) const;
  std::string Pack(const PurchaseHistory& history);

  HistoryStore& below_;
  redis::Client& redis_;
  const base::Clock& clock_;
  const runtime::Counter hits_, misses_;
  base::Mutex mutex_;
  base::Random random_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kontor::recommendations
