#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "services/ingest/event_id_store.h"

namespace kontor::ingest {

// EventIdStore in memory, for unit tests. Not thread-safe.
class FakeEventIdStore : public EventIdStore {
 public:
  absl::StatusOr<std::vector<std::optional<KnownEvent>>> Find(absl::string_view shop,
                                                              absl::Span<const EventId> ids) override {
    std::vector<std::optional<KnownEvent>> out;
    for (const EventId& id : ids) {
      const auto it = known_.find({std::string(shop), id.source, id.event_id});
      out.push_back(it == known_.end() ? std::nullopt : std::optional<KnownEvent>(it->second));
    }
    return out;
  }
  absl::Status Remember(absl::string_view shop, absl::Span<const Entry> entries, absl::Time, bool) override {
    for (const Entry& entry : entries) {
      known_.emplace(std::tuple(std::string(shop), entry.id.source, entry.id.event_id),
                     KnownEvent{entry.id.digest, entry.position});
    }
    return absl::OkStatus();
  }
  absl::Status Forget(absl::Time) override { return absl::OkStatus(); }

 private:
  std::map<std::tuple<std::string, std::string, std::string>, KnownEvent> known_;
};

}  // namespace kontor::ingest
