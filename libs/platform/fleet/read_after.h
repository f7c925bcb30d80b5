#pragma once

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "kontor/type/v1/position.pb.h"
#include "libs/platform/log/position.h"
#include "libs/platform/runtime/call_context.h"

namespace kontor::fleet {

// As Follower::WaitUntilApplied: OK once the record is in every view that an answer is made of, UNAVAILABLE when
// `timeout` passes first, NOT_FOUND for a partition that does not exist.
using WaitUntilApplied = absl::FunctionRef<absl::Status(const log::Position& position, absl::Duration timeout)>;

// Waits until answers reflect all positions, for at most nine tenths of what is left of the call's time (10 seconds for
// a call without a deadline), so that the answer still gets through. `topics` are those whose records change answers;
// positions on others are reflected at once. INVALID_ARGUMENT for a topic or partition that does not exist, UNAVAILABLE
// (NOT_YET_APPLIED) when the time is up, CANCELLED within 50 ms of a cancellation.
absl::Status WaitForPositions(absl::Span<const std::string> topics, WaitUntilApplied wait,
                              const runtime::CallContext& call,
                              const google::protobuf::RepeatedPtrField<type::v1::LogPosition>& positions);

}  // namespace kontor::fleet
