#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "libs/platform/log/event_log.h"

namespace kontor::fleet {

// The topics of the event log. Keys: docs/architecture.md, Topics.
inline constexpr char kOrders[] = "orders";
inline constexpr char kBehavior[] = "behavior";
inline constexpr char kExposures[] = "exposures";
inline constexpr char kIdentity[] = "identity";
inline constexpr char kPrivacy[] = "privacy";
inline constexpr char kCatalog[] = "catalog";
inline constexpr char kInventory[] = "inventory";
inline constexpr char kMarket[] = "market";
inline constexpr char kCampaigns[] = "campaigns";
inline constexpr char kDecisions[] = "decisions";
inline constexpr char kRefused[] = "dead-letter.ingest";

// All of them with their retention. `partitions` counts only for topics that do not exist yet.
std::vector<log::TopicSpec> AllTopics(int partitions);

}  // namespace kontor::fleet
