#include "services/analytics/read_after.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "libs/base/status.h"
#include "libs/platform/fleet/topics.h"
#include "libs/platform/log/consumer.h"
#include "libs/platform/log/position.h"
#include "libs/platform/runtime/errors.h"
#include "services/analytics/view_follower.h"

namespace kontor::analytics {
namespace {

constexpr int kMaxPositions = 1'000;
constexpr absl::Duration kSlice = absl::Milliseconds(20);
constexpr absl::Duration kLongestWait = absl::Seconds(10);

bool IsFactTopic(const std::string& topic) {
  const std::vector<std::string>& topics = FactTopics();
  return std::find(topics.begin(), topics.end(), topic) != topics.end();
}

bool IsTopic(const std::string& topic) {
  const std::vector<log::TopicSpec> all = fleet::AllTopics(1);
  return std::any_of(all.begin(), all.end(), [&](const log::TopicSpec& spec) { return spec.name == topic; });
}

// A short wait at a time, so that a cancellation is seen.
absl::Status WaitFor(const log::Follower& follower, const runtime::CallContext& call, const log::Position& position,
                     std::chrono::steady_clock::time_point until) {
  for (;;) {
    const absl::Duration left = absl::FromChrono(until - std::chrono::steady_clock::now());
    const absl::Status status = follower.WaitUntilApplied(position, std::clamp(left, absl::ZeroDuration(), kSlice));
    if (!absl::IsUnavailable(status)) return status;
    if (call.token->cancelled()) return absl::CancelledError("the caller has gone");
    if (left <= kSlice) {
      return runtime::WithRetryAfter(
          base::Error(absl::StatusCode::kUnavailable, log::kReasonNotYetApplied,
                      absl::StrCat("the figures do not reflect ", log::FormatPosition(position),
                                   " yet; ask again or with a longer deadline")),
          absl::Milliseconds(200));
    }
  }
}

}  // namespace

absl::Status WaitForPositions(const log::Follower& follower, const runtime::CallContext& call,
                              const google::protobuf::RepeatedPtrField<kontor::type::v1::LogPosition>& positions) {
  base::Violations violations;
  if (positions.size() > kMaxPositions) {
    violations.Add("read_after", "TOO_MANY_POSITIONS", "at most 1,000 positions are taken; the last of each partition");
    return violations.ToStatus();
  }
  const absl::Duration patience = std::min(kLongestWait, call.remaining() * 0.9);
  const auto until = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(patience);
  for (int i = 0; i < positions.size(); ++i) {
    const log::Position position{positions[i].topic(), positions[i].partition(), positions[i].offset()};
    if (!IsFactTopic(position.topic) && IsTopic(position.topic)) continue;
    const absl::Status status =
        IsFactTopic(position.topic) ? WaitFor(follower, call, position, until) : absl::NotFoundError("");
    if (absl::IsNotFound(status)) {
      violations.Add(absl::StrCat("read_after[", i, "]"), "UNKNOWN_PARTITION",
                     "there is no such partition; pass positions as SendEvents returned them");
    } else if (!status.ok()) {
      return status;
    }
  }
  return violations.ToStatus();
}

}  // namespace kontor::analytics
