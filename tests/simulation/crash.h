#pragma once

#include <cstdint>

#include "libs/base/random.h"

namespace kontor::simulation {

// A process dies. Not a std::exception: nothing on the way may survive it.
struct Crash {};

// All chance of one run. While crashes are on, every Point may be the last.
class Dice {
 public:
  explicit Dice(uint64_t seed) : random_(seed), danger_(0.02 + 0.15 * random_.Uniform()) {}

  void Point() {
    if (crashes_ && random_.Chance(danger_)) {
      ++crashed_;
      throw Crash();
    }
  }
  // Something goes wrong that a process survives.
  bool Trouble() { return crashes_ && random_.Chance(danger_); }
  void EndCrashes() { crashes_ = false; }
  int64_t crashed() const { return crashed_; }

  bool Chance(double probability) { return random_.Chance(probability); }
  size_t Below(size_t bound) { return static_cast<size_t>(random_.Below(bound)); }
  base::Random& random() { return random_; }

 private:
  base::Random random_;
  const double danger_;
  bool crashes_ = true;
  int64_t crashed_ = 0;
};

}  // namespace kontor::simulation
