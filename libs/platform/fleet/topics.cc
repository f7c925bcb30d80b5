#include "libs/platform/fleet/topics.h"

#include "absl/time/time.h"

namespace kontor::fleet {

std::vector<log::TopicSpec> AllTopics(int partitions) {
  const absl::Duration for_ever = absl::InfiniteDuration();
  const absl::Duration behavior = absl::Hours(24 * 400);
  const absl::Duration dead_letters = absl::Hours(24 * 90);
  return {{kOrders, partitions, for_ever},    {kBehavior, partitions, behavior},   {kExposures, partitions, behavior},
          {kIdentity, partitions, for_ever},  {kPrivacy, partitions, for_ever},    {kCatalog, partitions, for_ever},
          {kInventory, partitions, for_ever}, {kMarket, partitions, for_ever},     {kCampaigns, partitions, for_ever},
          {kDecisions, partitions, for_ever}, {kRefused, partitions, dead_letters}};
}

}  // namespace kontor::fleet
