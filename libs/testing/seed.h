#pragma once

#include <cstdint>

namespace kontor::testing {

// The seed of this test binary's randomness: KONTOR_SEED from the environment, else a random one. The first call
// arranges that a failing test prints the seed. Thread-safe.
uint64_t Seed();

}  // namespace kontor::testing
