#pragma once

#include <functional>

#include "absl/time/time.h"
#include "libs/base/random.h"

namespace kontor::testing {

// True as soon as `condition` holds; false when `patience` (monotonic) passes first. For what another thread, process
// or server brings about: the test waits for the fact, never for a time.
bool Eventually(const std::function<bool()>& condition, absl::Duration patience = absl::Seconds(20));

// A pause of random length below `limit`, so that a fault strikes at a random moment. Not for waiting.
void PauseAtRandom(base::Random& random, absl::Duration limit);

}  // namespace kontor::testing
