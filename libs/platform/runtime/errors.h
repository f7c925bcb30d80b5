#pragma once

#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace grpc {
class Status;
}

// base::Error and base::Violations on the wire, and back: google.rpc.Status in the trailer grpc-status-details-bin,
// holding ErrorInfo{reason, domain "kontor"}, BadRequest with the field violations, and RetryInfo.
namespace kontor::runtime {

// The same error with a hint when to try again. Calls that are refused because of load carry one.
absl::Status WithRetryAfter(absl::Status status, absl::Duration delay);
std::optional<absl::Duration> RetryAfter(const absl::Status& status);

// Every error gets an ErrorInfo; where the status has no reason it is the code's name. Trailers are bounded by callers
// at 8 KiB: what would go beyond (long messages, later violations) is cut, and ErrorInfo.metadata["violations"] says
// how many there were.
grpc::Status ToGrpc(const absl::Status& status);

// The inverse, for clients.
absl::Status FromGrpc(const grpc::Status& status);

}  // namespace kontor::runtime
