#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "libs/platform/log/event_log.h"

namespace kontor::ingest {

// An event as its sender names it, and what it held.
struct EventId {
  std::string source;
  std::string event_id;
  std::string digest;  // 16 bytes of SHA-256 over the event as sent
};

struct KnownEvent {
  std::string digest;
  log::Position position;
};

// Remembers which events are on the log, so that one sent again is answered and not written again. Best effort: what
// was forgotten (older than eight days, or lost in a crash between log and store) is written twice, and consumers,
// which are exact, count it once.
class EventIdStore {
 public:
  virtual ~EventIdStore() = default;
  // As many answers as ids, in their order; nullopt where unknown.
  virtual absl::StatusOr<std::vector<std::optional<KnownEvent>>> Find(absl::string_view shop,
                                                                      absl::Span<const EventId> ids) = 0;
  struct Entry {
    EventId id;
    log::Position position;
  };
  // `imported` ids are kept for ever, others until Forget.
  virtual absl::Status Remember(absl::string_view shop, absl::Span<const Entry> entries, absl::Time received_at,
                                bool imported) = 0;
  // Drops live ids received before `before`.
  virtual absl::Status Forget(absl::Time before) = 0;
};

}  // namespace kontor::ingest
