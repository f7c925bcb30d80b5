#include "libs/testing/eventually.h"

#include <chrono>
#include <thread>

namespace kontor::testing {

bool Eventually(const std::function<bool()>& condition, absl::Duration patience) {
  const auto deadline = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(patience);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

void PauseAtRandom(base::Random& random, absl::Duration limit) {
  std::this_thread::sleep_for(absl::ToChronoNanoseconds(limit * random.Uniform()));
}

}  // namespace kontor::testing
