#pragma once

#include "libs/platform/log/consumer.h"
#include "services/recommendations/live_follower.h"
#include "services/recommendations/read_after.h"

namespace kontor::recommendations {

// AppliedViews of the service: the follower for every topic, and the consumer for those that it stores, because what
// the follower has seen may have left its memory, or never entered it (imports).
class FollowerAndConsumer : public AppliedViews {
 public:
  FollowerAndConsumer(const LiveFollower& live, const log::Consumer& consumer) : live_(live), consumer_(consumer) {}
  absl::Status WaitUntilApplied(const log::Position& position, absl::Duration timeout) const override;

 private:
  const LiveFollower& live_;
  const log::Consumer& consumer_;
};

}  // namespace kontor::recommendations
