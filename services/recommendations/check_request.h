#pragma once

#include "absl/status/status.h"
#include "kontor/recommendations/v1/recommendation_service.pb.h"

namespace kontor::recommendations {

// INVALID_ARGUMENT with all violations at once. Positions are checked where they are waited for.
absl::Status CheckRequest(const v1::RecommendRequest& request);

inline constexpr int kDefaultPageSize = 10, kMaxPageSize = 100;

}  // namespace kontor::recommendations
