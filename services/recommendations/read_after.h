#pragma once

#include "absl/status/status.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "kontor/type/v1/position.pb.h"
#include "libs/platform/log/position.h"
#include "libs/platform/runtime/call_context.h"

namespace kontor::recommendations {

// The two views that an answer is made of, as something to wait for.
class AppliedViews {
 public:
  virtual ~AppliedViews() = default;
  // OK once the record at `position` is in every view that its topic feeds. UNAVAILABLE when `timeout` passes first,
  // NOT_FOUND for a partition that does not exist.
  virtual absl::Status WaitUntilApplied(const log::Position& position, absl::Duration timeout) const = 0;
};

// Waits until answers reflect all positions, for at most nine tenths of what is left of the call's time (10 seconds for
// a call without a deadline), so that the answer still gets through. Positions on topics that change no answer are
// reflected at once. INVALID_ARGUMENT for a topic or partition that does not exist, UNAVAILABLE (NOT_YET_APPLIED) when
// the time is up, CANCELLED within 50 ms of a cancellation.
absl::Status WaitForPositions(const AppliedViews& views, const runtime::CallContext& call,
                              const google::protobuf::RepeatedPtrField<kontor::type::v1::LogPosition>& positions);

}  // namespace kontor::recommendations
