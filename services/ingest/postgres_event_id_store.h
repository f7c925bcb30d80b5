#pragma once

#include <vector>

#include "libs/platform/postgres/pool.h"
#include "services/ingest/event_id_store.h"

namespace kontor::ingest {

// EventIdStore in table ingest.event_ids. One statement per call.
class PostgresEventIdStore : public EventIdStore {
 public:
  explicit PostgresEventIdStore(postgres::Pool& pool) : pool_(pool) {}

  absl::StatusOr<std::vector<std::optional<KnownEvent>>> Find(absl::string_view shop,
                                                              absl::Span<const EventId> ids) override;
  absl::Status Remember(absl::string_view shop, absl::Span<const Entry> entries, absl::Time received_at,
                        bool imported) override;
  absl::Status Forget(absl::Time before) override;

 private:
  postgres::Pool& pool_;
};

}  // namespace kontor::ingest
