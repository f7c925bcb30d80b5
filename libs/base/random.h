#pragma once

#include <cstdint>

namespace kontor::base {

// xoshiro256** 1.0 (Blackman, Vigna 2018), seeded by SplitMix64: the same seed gives the same numbers everywhere.
// Not thread-safe, not for secrets. Satisfies UniformRandomBitGenerator.
class Random {
 public:
  using result_type = uint64_t;
  explicit Random(uint64_t seed);

  static constexpr uint64_t min() { return 0; }
  static constexpr uint64_t max() { return ~uint64_t{0}; }
  uint64_t operator()();

  uint64_t Below(uint64_t bound);  // uniform in [0, bound), unbiased (Lemire 2019); bound > 0
  double Uniform();                // [0, 1) with 53 bits
  double Normal();                 // mean 0, variance 1
  bool Chance(double probability) { return Uniform() < probability; }

 private:
  uint64_t state_[4];
};

}  // namespace kontor::base
