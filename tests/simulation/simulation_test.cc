#include <cstdlib>

#include "absl/strings/numbers.h"
#include "gtest/gtest.h"
#include "libs/testing/seed.h"
#include "tests/simulation/world.h"

namespace kontor::simulation {
namespace {

int64_t Simulations() {
  const char* text = std::getenv("KONTOR_SIMULATIONS");
  int64_t count = 10'000;
  EXPECT_TRUE(text == nullptr || absl::SimpleAtoi(text, &count)) << "KONTOR_SIMULATIONS must be a number";
  return count;
}

// The first seed whose run ends wrongly, or `count` when none does.
int64_t FirstWrong(int64_t count, Mutant mutant, std::string& difference, int64_t& crashes) {
  for (int64_t i = 0; i < count; ++i) {
    World world(testing::Seed() + static_cast<uint64_t>(i), mutant);
    difference = world.Run();
    crashes += world.crashes();
    if (!difference.empty()) return i;
  }
  return count;
}

TEST(SimulationTest, WhateverCrashesEveryOrderCountsOnce) {
  std::string difference;
  int64_t crashes = 0;
  const int64_t count = Simulations();
  const int64_t wrong = FirstWrong(count, Mutant::kNone, difference, crashes);
  EXPECT_EQ(wrong, count) << difference << "; replay: KONTOR_SEED=" << testing::Seed() + static_cast<uint64_t>(wrong)
                          << " KONTOR_SIMULATIONS=1";
  RecordProperty("crashes", std::to_string(crashes));
  if (count < 1000) return;
  EXPECT_GT(crashes, count) << "hardly anything crashed: nothing is shown";
}

TEST(SimulationTest, OffsetsCommittedApartFromEffectsAreCaught) {
  std::string difference;
  int64_t crashes = 0;
  EXPECT_LT(FirstWrong(1000, Mutant::kCommitsApart, difference, crashes), 1000);
}

TEST(SimulationTest, AConsumerThatIgnoresTheFenceIsCaught) {
  std::string difference;
  int64_t crashes = 0;
  EXPECT_LT(FirstWrong(1000, Mutant::kIgnoresFence, difference, crashes), 1000);
}

}  // namespace
}  // namespace kontor::simulation
