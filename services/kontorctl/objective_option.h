#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "kontor/recommendations/v1/recommendation_service.pb.h"

namespace kontor::ctl {

// --objective click=1,margin=0.5
absl::StatusOr<kontor::recommendations::v1::Objective> ReadObjective(absl::Span<const std::string> parts);

}  // namespace kontor::ctl
