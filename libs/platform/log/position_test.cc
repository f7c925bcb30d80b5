#include "libs/platform/log/position.h"

#include "gtest/gtest.h"
#include "libs/testing/status_matchers.h"

namespace kontor::log {
namespace {

TEST(Position, PrintsAndReadsBack) {
  const Position position = {"dead-letter.analytics", 3, 1234};
  EXPECT_EQ(FormatPosition(position), "dead-letter.analytics/3@1234");
  EXPECT_THAT(ParsePosition("dead-letter.analytics/3@1234"), kontor::testing::IsOkAndHolds(position));
}

TEST(Position, RefusesEverythingElse) {
  for (const char* text :
       {"", "orders", "orders/3", "orders@3", "orders/@3", "orders/3@", "orders/-1@3", "orders/1@-3", "orders/1@03",
        "orders/1@+3", "orders/1@99999999999999999999", "/1@2", "Or/1@2", "orders/1@2 "}) {
    EXPECT_THAT(ParsePosition(text), kontor::testing::StatusIs(absl::StatusCode::kInvalidArgument)) << text;
  }
}

}  // namespace
}  // namespace kontor::log
