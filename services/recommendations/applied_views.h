#pragma once

#include "libs/platform/log/consumer.h"
#include "libs/platform/log/position.h"
#include "services/recommendations/live_follower.h"

namespace kontor::recommendations {

// The two views that an answer is made of, as something to wait for.
class AppliedViews {
 public:
  virtual ~AppliedViews() = default;
  // OK once the record at `position` is in every view that its topic feeds. UNAVAILABLE when `timeout` passes first,
  // NOT_FOUND for a partition that does not exist.
  virtual absl::Status WaitUntilApplied(const log::Position& position, absl::Duration timeout) const = 0;
};

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
