#include "libs/platform/fleet/read_after.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/platform/fleet/topics.h"
#include "libs/platform/log/consumer.h"
#include "libs/platform/runtime/errors.h"

namespace kontor::fleet {
namespace {

using Instant = std::chrono::steady_clock::time_point;

constexpr int kMaxPositions = 1'000;
constexpr absl::Duration kSlice = absl::Milliseconds(20);
constexpr absl::Duration kLongestWait = absl::Seconds(10);

bool IsTopic(const std::string& topic) {
  const std::vector<log::TopicSpec> all = AllTopics(1);
  return std::any_of(all.begin(), all.end(), [&](const log::TopicSpec& spec) { return spec.name == topic; });
}

// A short wait at a time, so that a cancellation is seen.
absl::Status WaitFor(WaitUntilApplied wait, const runtime::CallContext& call, const log::Position& position,
                     Instant until) {
  for (;;) {
    const absl::Duration left = absl::FromChrono(until - std::chrono::steady_clock::now());
    const absl::Status status = wait(position, std::clamp(left, absl::ZeroDuration(), kSlice));
    if (!absl::IsUnavailable(status)) return status;
    if (call.cancelled()) return absl::CancelledError("the caller has gone");
    if (left <= kSlice) {
      return runtime::WithRetryAfter(base::Error(absl::StatusCode::kUnavailable, log::kReasonNotYetApplied,
                                                 absl::StrCat("answers do not reflect ", log::FormatPosition(position),
                                                              " yet; ask again or with a longer deadline")),
                                     absl::Milliseconds(200));
    }
  }
}

}  // namespace

absl::Status WaitForPositions(absl::Span<const std::string> topics, WaitUntilApplied wait,
                              const runtime::CallContext& call,
                              const google::protobuf::RepeatedPtrField<type::v1::LogPosition>& positions) {
  if (positions.empty()) return absl::OkStatus();
  base::Violations violations;
  if (positions.size() > kMaxPositions) {
    violations.Add("read_after", "TOO_MANY_POSITIONS", "at most 1,000 positions are taken; the last of each partition");
    return violations.ToStatus();
  }
  const absl::Duration patience = call.remaining() == absl::InfiniteDuration() ? kLongestWait : call.remaining() * 0.9;
  const Instant until = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(patience);
  for (int i = 0; i < positions.size(); ++i) {
    const log::Position position{positions[i].topic(), positions[i].partition(), positions[i].offset()};
    const bool changes_answers = std::find(topics.begin(), topics.end(), position.topic) != topics.end();
    if (!changes_answers && IsTopic(position.topic)) continue;
    const absl::Status status =
        changes_answers ? WaitFor(wait, call, position, until) : absl::NotFoundError("no such topic");
    if (absl::IsNotFound(status)) {
      violations.Add(absl::StrCat("read_after[", i, "]"), "UNKNOWN_PARTITION",
                     "there is no such partition; pass positions as SendEvents returned them");
    } else if (!status.ok()) {
      return status;
    }
  }
  return violations.ToStatus();
}

}  // namespace kontor::fleet
