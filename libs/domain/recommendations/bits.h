#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "libs/domain/recommendations/types.h"

// Sets of items: bit i % 64 of word i / 64 is item i; items beyond the last word are not in the set.
namespace kontor::recommendations {

using Bits = std::vector<uint64_t>;

inline size_t WordsFor(uint32_t items) { return (static_cast<size_t>(items) + 63) / 64; }

inline bool TestBit(absl::Span<const uint64_t> bits, ItemId item) {
  return item / 64 < bits.size() && (bits[item / 64] >> (item % 64) & 1) != 0;
}

// `item` lies within `bits`.
inline void SetBit(Bits& bits, ItemId item, bool value) {
  const uint64_t mask = uint64_t{1} << (item % 64);
  bits[item / 64] = value ? bits[item / 64] | mask : bits[item / 64] & ~mask;
}

// The first `items` items.
inline Bits AllBits(uint32_t items) {
  Bits bits(WordsFor(items), ~uint64_t{0});
  if (items % 64 != 0) bits.back() = (uint64_t{1} << (items % 64)) - 1;
  return bits;
}

// Calls visit(item) for each item of the set, ascending.
template <typename F>
void ForEachBit(absl::Span<const uint64_t> bits, F visit) {
  for (size_t word = 0; word < bits.size(); ++word) {
    for (uint64_t rest = bits[word]; rest != 0; rest &= rest - 1) {
      visit(static_cast<ItemId>(64 * word + static_cast<size_t>(__builtin_ctzll(rest))));
    }
  }
}

}  // namespace kontor::recommendations
