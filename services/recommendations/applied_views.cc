#include "services/recommendations/applied_views.h"

#include <algorithm>
#include <string>
#include <vector>

#include "libs/base/status.h"
#include "services/recommendations/purchase_writer.h"

namespace kontor::recommendations {

absl::Status FollowerAndConsumer::WaitUntilApplied(const log::Position& position, absl::Duration timeout) const {
  RETURN_IF_ERROR(live_.follower().WaitUntilApplied(position, timeout));
  const std::vector<std::string>& stored = StoredTopics();
  if (std::find(stored.begin(), stored.end(), position.topic) == stored.end()) return absl::OkStatus();
  return consumer_.WaitUntilApplied(position, timeout);
}

}  // namespace kontor::recommendations
