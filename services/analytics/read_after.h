#pragma once

#include "absl/status/status.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "kontor/type/v1/position.pb.h"
#include "libs/platform/log/follower.h"
#include "libs/platform/runtime/call_context.h"

namespace kontor::analytics {

// Waits until the follower's view reflects all positions, for at most nine tenths of what is left of the call's time
// (10 seconds for a call without a deadline), so that the answer still gets through. Positions on topics whose records
// change no figure are reflected at once. INVALID_ARGUMENT for a topic or partition that does not exist, UNAVAILABLE
// (NOT_YET_APPLIED) when the time is up, CANCELLED within 50 ms of a cancellation.
absl::Status WaitForPositions(const log::Follower& follower, const runtime::CallContext& call,
                              const google::protobuf::RepeatedPtrField<kontor::type::v1::LogPosition>& positions);

}  // namespace kontor::analytics
