#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "bench/figures.h"

namespace kontor::bench {

// Off-policy estimates (libs/domain/learn/off_policy.h) on the Open Bandit data: the click rate of one policy from the
// other's log, beside its own mean. `folder` holds random/men/men.csv and bts/men/men.csv. The Thompson policy's
// probability of an item at a position is the item's share of its log there. The click model of DM and DR is a logistic
// regression on item and position, cross-fitted on two halves. Adds ips/random_to_bts_share and the like, and whether a
// made log whose effective sample is two rows is refused. `files` receives the files read.
absl::Status RunOffPolicy(const std::string& folder, std::vector<Figure>& figures, std::vector<std::string>& files);

}  // namespace kontor::bench
