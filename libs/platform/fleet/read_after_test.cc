#include "libs/platform/fleet/read_after.h"

#include <vector>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/status.h"
#include "libs/platform/fleet/topics.h"
#include "libs/testing/status_matchers.h"

namespace kontor::fleet {
namespace {

using kontor::testing::IsOk;
using kontor::testing::StatusIs;
using ::testing::ElementsAre;

class ReadAfterTest : public ::testing::Test {
 protected:
  void Add(const std::string& topic, int partition = 0, int64_t offset = 0) {
    auto* position = positions_.Add();
    position->set_topic(topic);
    position->set_partition(partition);
    position->set_offset(offset);
  }
  void LeaveSeconds(double seconds) {
    call_.deadline = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(absl::Seconds(seconds));
  }
  // Answers that orders change, from a view of four partitions that never moves past offset 9.
  absl::Status Wait() {
    const auto applied = [this](const log::Position& position, absl::Duration timeout) -> absl::Status {
      waited_for_.push_back(log::FormatPosition(position));
      if (position.partition >= 4) return absl::NotFoundError("no such partition");
      if (position.offset < 10) return absl::OkStatus();
      absl::SleepFor(timeout);  // as a view waits that does not move
      if (cancel_) call_.token->Cancel();
      return absl::UnavailableError("not yet");
    };
    return WaitForPositions({kOrders}, applied, call_, positions_);
  }

  google::protobuf::RepeatedPtrField<type::v1::LogPosition> positions_;
  runtime::CallContext call_;
  std::vector<std::string> waited_for_;
  bool cancel_ = false;
};

TEST_F(ReadAfterTest, WaitsForWhatChangesAnswersOnly) {
  Add(kOrders, 1, 9);
  Add(kIdentity, 0, 1'000'000);
  EXPECT_THAT(Wait(), IsOk());
  EXPECT_THAT(waited_for_, ElementsAre("orders/1@9"));
}

TEST_F(ReadAfterTest, GivesUpBeforeTheDeadline) {
  Add(kOrders, 1, 10);
  LeaveSeconds(0.5);
  EXPECT_THAT(Wait(), StatusIs(absl::StatusCode::kUnavailable, "NOT_YET_APPLIED"));
  EXPECT_FALSE(call_.cancelled());
}

TEST_F(ReadAfterTest, EndsWithTheCall) {
  Add(kOrders, 1, 10);
  cancel_ = true;
  EXPECT_THAT(Wait(), StatusIs(absl::StatusCode::kCancelled));
  EXPECT_EQ(waited_for_.size(), 1u);
}

TEST_F(ReadAfterTest, NamesEveryPositionThatDoesNotExist) {
  Add(kOrders, 77);
  Add(kOrders, 1, 9);
  Add("gossip");
  std::vector<std::string> fields;
  for (const base::Violation& violation : base::ErrorViolations(Wait())) fields.push_back(violation.field);
  EXPECT_THAT(fields, ElementsAre("read_after[0]", "read_after[2]"));
}

TEST_F(ReadAfterTest, RefusesMoreThanAThousandPositions) {
  for (int i = 0; i < 1'001; ++i) Add(kOrders);
  EXPECT_THAT(Wait(), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_TRUE(waited_for_.empty());
}

}  // namespace
}  // namespace kontor::fleet
