#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "libs/base/clock.h"
#include "libs/platform/fleet/fleet.h"
#include "libs/platform/log/consumer.h"
#include "libs/platform/log/follower.h"
#include "libs/platform/runtime/metrics.h"
#include "services/recommendations/catalogue_view.h"
#include "services/recommendations/overlay.h"

namespace kontor::recommendations {

// One shop's view in memory.
struct LiveShop {
  explicit LiveShop(absl::TimeZone zone) : time_zone(zone) {}

  const absl::TimeZone time_zone;
  Overlay overlay;
  CatalogueView catalogue;

  // The newest accepted order or behaviour; the epoch before the first.
  absl::Time newest_event() const { return absl::FromUnixMicros(newest_micros.load(std::memory_order_relaxed)); }
  void SawEvent(absl::Time occurred_at);
  std::atomic<int64_t> newest_micros{0};
};

// Where to start: how far the stored view has come, and its newest event times.
struct StoredState {
  std::vector<log::PartitionProgress> progress;
  std::vector<std::pair<std::string, absl::Time>> newest_events;  // by shop
};

// Follows orders, behaviour, the catalogue, the inventory, links and erasures into memory without a lease: what answers
// see beside the store. It starts where the store is, a little earlier on the topics of which the overlay keeps the
// newest. Imported orders and behaviour are history, not live: they reach answers through the store. Thread-safe.
class LiveFollower {
 public:
  LiveFollower(log::EventLog& log, const base::Clock& clock, absl::Span<const fleet::Shop> shops,
               runtime::Metrics& metrics);
  ~LiveFollower();  // stops

  static const std::vector<std::string>& Topics();

  // Fills the catalogues from the store, then follows from where `stored` says that the store was.
  absl::Status Start(postgres::Pool& pool, const log::Consumer& consumer);
  // Follows from there with nothing known before.
  absl::Status Start(const StoredState& stored);
  void Stop();

  // Null for a shop that is not configured. Valid as long as this.
  const LiveShop* Find(absl::string_view shop) const;
  // What the store knows to be erased, beside what the follower has seen; see Overlay::Erase.
  void Erase(absl::string_view shop, const absl::flat_hash_map<uint64_t, absl::Time>& persons);
  const log::Follower& follower() const { return *follower_; }  // after Start

 private:
  absl::Status ReadCatalogues(postgres::Pool& pool);
  absl::StatusOr<std::vector<log::Position>> StartPositions(const StoredState& stored);
  void Apply(absl::string_view topic, absl::Span<const log::LogRecord> records);
  void ApplyOne(const DecodedRecord& record, absl::Time received_at, absl::Time now, LiveShop& shop);

  log::EventLog& log_;
  const base::Clock& clock_;
  const runtime::Counter unusable_;
  const runtime::Gauge overlay_events_;
  absl::flat_hash_map<std::string, std::unique_ptr<LiveShop>> shops_;
  std::unique_ptr<log::Follower> follower_;  // last: stops before what it fills
};

}  // namespace kontor::recommendations
