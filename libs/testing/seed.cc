#include "libs/testing/seed.h"

#include <cstdlib>
#include <iostream>
#include <random>

#include "gtest/gtest.h"

namespace kontor::testing {
namespace {

class SeedPrinter : public ::testing::EmptyTestEventListener {
 public:
  explicit SeedPrinter(uint64_t seed) : seed_(seed) {}
  void OnTestEnd(const ::testing::TestInfo& info) override {
    if (info.result()->Failed()) std::cerr << "seed of this run: KONTOR_SEED=" << seed_ << std::endl;
  }

 private:
  const uint64_t seed_;
};

uint64_t ChooseSeed() {
  const char* given = std::getenv("KONTOR_SEED");
  const uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
  ::testing::UnitTest::GetInstance()->listeners().Append(new SeedPrinter(seed));
  return seed;
}

}  // namespace

uint64_t Seed() {
  static const uint64_t seed = ChooseSeed();
  return seed;
}

}  // namespace kontor::testing
