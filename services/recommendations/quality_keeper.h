#pragma once

#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/base/clock.h"
#include "libs/base/mutex.h"
#include "libs/platform/fleet/fleet.h"
#include "libs/platform/postgres/pool.h"
#include "libs/platform/runtime/metrics.h"
#include "services/recommendations/quality_alerts.h"

namespace kontor::recommendations {

// Looks for alerts: every minute, for each shop one process of the fleet, the last day of each placement and model
// against the 7 days before of the placement. A look that takes long is followed by a rest of twenty times as long, so
// that looking costs PostgreSQL at most a twentieth of one connection. Owns one thread; destruction waits for a
// statement.
class QualityKeeper {
 public:
  struct Parts {
    postgres::Pool& postgres;
    const base::Clock& clock;
    runtime::Metrics& metrics;
    absl::Span<const fleet::Shop> shops;
  };
  explicit QualityKeeper(const Parts& parts);
  ~QualityKeeper();

  // One look at a shop, unless another process has looked within the last minute: how many alerts were new.
  absl::StatusOr<int> Look(const std::string& shop);

  void Start();

 private:
  void Run();
  bool Rest(absl::Duration time);  // false: the end
  absl::StatusOr<bool> TakeTurn(const std::string& shop, absl::Time now);
  absl::StatusOr<std::vector<QualityComparison>> Compare(const std::string& shop, absl::Time now) const;

  postgres::Pool& postgres_;
  const QualityStore store_;
  const base::Clock& clock_;
  const std::vector<runtime::Counter> alerts_;  // by kind, from 1 on
  std::vector<std::string> shops_;
  base::Mutex mutex_;
  base::CondVar stopping_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace kontor::recommendations
