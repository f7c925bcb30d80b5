#pragma once

#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "libs/base/clock.h"
#include "libs/domain/analytics/fact_table.h"
#include "libs/platform/fleet/fleet.h"
#include "libs/platform/log/follower.h"
#include "libs/platform/runtime/metrics.h"

namespace kontor::analytics {

// The topics whose records can change a figure.
const std::vector<std::string>& FactTopics();

// One shop's facts in memory.
struct ShopView {
  explicit ShopView(absl::TimeZone zone) : time_zone(zone), facts(zone) {}
  absl::TimeZone time_zone;
  FactTable facts;
};

// The view that answers: a FactTable per shop, filled from the log's beginning by one follower. Records of shops that
// are not configured, of unknown types and broken ones are counted and passed over; what becomes of them is the
// consumer's concern (fact_writer.h). Thread-safe. `log` and `clock` must outlive it.
class ViewFollower {
 public:
  ViewFollower(log::EventLog& log, const base::Clock& clock, absl::Span<const fleet::Shop> shops,
               runtime::Metrics& metrics);
  ~ViewFollower();  // stops

  absl::Status Start() { return follower_->Start(); }
  void Stop() { follower_->Stop(); }

  // Null for a shop that is not configured. Valid as long as this.
  const ShopView* Find(absl::string_view shop) const;
  const log::Follower& follower() const { return *follower_; }

 private:
  struct Counters;
  void Apply(absl::Span<const log::LogRecord> records);

  absl::flat_hash_map<std::string, std::unique_ptr<ShopView>> shops_;
  std::unique_ptr<Counters> counters_;
  std::unique_ptr<log::Follower> follower_;  // last: stops before what it fills
};

}  // namespace kontor::analytics
