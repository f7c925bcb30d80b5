#include "libs/base/breaker.h"

#include "gtest/gtest.h"

namespace kontor::base {
namespace {

TEST(BreakerTest, OneTrialAtATime) {
  Breaker breaker(2, std::chrono::milliseconds(100));
  const Breaker::TimePoint start;
  EXPECT_TRUE(breaker.Admit(start));
  breaker.Failed(start);
  EXPECT_TRUE(breaker.Admit(start));
  breaker.Failed(start);
  EXPECT_FALSE(breaker.Admit(start + std::chrono::milliseconds(99)));
  EXPECT_TRUE(breaker.Admit(start + std::chrono::milliseconds(100)));
  EXPECT_FALSE(breaker.Admit(start + std::chrono::milliseconds(100)));
  breaker.Succeeded();
  EXPECT_TRUE(breaker.Admit(start + std::chrono::milliseconds(101)));
  EXPECT_EQ(breaker.opened(), 1);
}

}  // namespace
}  // namespace kontor::base
