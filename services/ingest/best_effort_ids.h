#pragma once

#include "libs/base/breaker.h"
#include "libs/base/mutex.h"
#include "libs/platform/runtime/metrics.h"
#include "services/ingest/event_id_store.h"

namespace kontor::ingest {

// The ids as intake may rely on them: while the store below fails nothing is known and nothing is remembered, and no
// error is made of it. So a log that needs no PostgreSQL takes events without it; what is sent twice meanwhile is
// written twice, and counted once by consumers. After a failure the store is asked once a second. Thread-safe.
class BestEffortIds : public EventIdStore {
 public:
  BestEffortIds(EventIdStore& below, runtime::Metrics& metrics);

  absl::StatusOr<std::vector<std::optional<KnownEvent>>> Find(absl::string_view shop,
                                                              absl::Span<const EventId> ids) override;
  absl::Status Remember(absl::string_view shop, absl::Span<const Entry> entries, absl::Time received_at,
                        bool imported) override;
  absl::Status Forget(absl::Time before) override { return below_.Forget(before); }

 private:
  bool Admit();
  void Note(const absl::Status& status, size_t events);

  EventIdStore& below_;
  const runtime::Counter unchecked_;
  base::Mutex mutex_;
  base::Breaker breaker_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kontor::ingest
