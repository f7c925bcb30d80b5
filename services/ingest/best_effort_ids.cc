#include "services/ingest/best_effort_ids.h"

#include <chrono>

namespace kontor::ingest {

BestEffortIds::BestEffortIds(EventIdStore& below, runtime::Metrics& metrics)
    : below_(below),
      unchecked_(metrics.counter("kontor_ingest_events_unchecked_total",
                                 "Events whose id could not be looked up or kept: duplicates of them are not seen.")),
      breaker_(1, std::chrono::seconds(1)) {}

bool BestEffortIds::Admit() {
  base::MutexLock lock(mutex_);
  return breaker_.Admit(std::chrono::steady_clock::now());
}

void BestEffortIds::Note(const absl::Status& status, size_t events) {
  base::MutexLock lock(mutex_);
  if (status.ok()) return breaker_.Succeeded();
  breaker_.Failed(std::chrono::steady_clock::now());
  unchecked_.Add(static_cast<double>(events));
}

absl::StatusOr<std::vector<std::optional<KnownEvent>>> BestEffortIds::Find(absl::string_view shop,
                                                                           absl::Span<const EventId> ids) {
  if (Admit()) {
    absl::StatusOr<std::vector<std::optional<KnownEvent>>> found = below_.Find(shop, ids);
    Note(found.status(), ids.size());
    if (found.ok()) return found;
  } else {
    unchecked_.Add(static_cast<double>(ids.size()));
  }
  return std::vector<std::optional<KnownEvent>>(ids.size());
}

absl::Status BestEffortIds::Remember(absl::string_view shop, absl::Span<const Entry> entries, absl::Time received_at,
                                     bool imported) {
  if (Admit()) Note(below_.Remember(shop, entries, received_at, imported), entries.size());
  return absl::OkStatus();
}

}  // namespace kontor::ingest
