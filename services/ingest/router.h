#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "kontor/events/v1/event.pb.h"
#include "libs/platform/fleet/sealer.h"

namespace kontor::ingest {

// Where an event goes and what is written there.
struct RoutedEvent {
  std::string topic;
  std::string key;    // "shop/…", decides the partition: docs/architecture.md, Topics
  std::string bytes;  // a serialised kontor.events.v1.EventRecord
};

struct RoutingContext {
  absl::string_view shop;
  absl::string_view subject_secret;
  absl::Time received_at;
  bool imported = false;
  absl::string_view trace;
  const fleet::Sealer& sealer;
};

// Turns a valid event into a record: ids of persons become tokens, what is personal moves into the sealed part.
absl::StatusOr<RoutedEvent> RouteEvent(const kontor::events::v1::Event& event, const RoutingContext& context);

}  // namespace kontor::ingest
