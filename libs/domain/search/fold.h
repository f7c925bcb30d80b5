#pragma once

#include <cstddef>
#include <cstdint>

namespace kontor::search {

// Which of `folds` a query stands in, by a stable hash of it (SplitMix64's finaliser). folds > 0.
inline size_t FoldOf(uint64_t query, uint64_t seed, size_t folds) {
  uint64_t x = query + seed * 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
  return static_cast<size_t>((x ^ (x >> 31)) % folds);
}

}  // namespace kontor::search
