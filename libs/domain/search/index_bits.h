#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"

// Sets of the documents of one segment: bit i % 64 of word i / 64 is document i; bits beyond the last are 0.
namespace kontor::search {

using Bits = std::vector<uint64_t>;
using BitSpan = absl::Span<const uint64_t>;

inline size_t WordsFor(size_t documents) { return (documents + 63) / 64; }

// Through pointers: spans check their bounds at each step, which loops over sets cannot afford.
inline bool TestBit(BitSpan bits, size_t i) { return (bits.data()[i / 64] >> (i % 64) & 1) != 0; }
inline void SetBit(absl::Span<uint64_t> bits, size_t i) { bits.data()[i / 64] |= uint64_t{1} << (i % 64); }
inline void ClearBit(absl::Span<uint64_t> bits, size_t i) { bits.data()[i / 64] &= ~(uint64_t{1} << (i % 64)); }

inline Bits AllBits(size_t documents) {
  Bits bits(WordsFor(documents), ~uint64_t{0});
  if (documents % 64 != 0) bits.back() = (uint64_t{1} << (documents % 64)) - 1;
  return bits;
}

inline uint64_t CountBits(BitSpan bits) {
  uint64_t count = 0;
  for (uint64_t word : bits) count += static_cast<uint64_t>(__builtin_popcountll(word));
  return count;
}

// Both of one size.
inline void AndInto(Bits& into, BitSpan other) {
  uint64_t* to = into.data();
  const uint64_t* from = other.data();
  for (size_t i = 0, size = into.size(); i < size; ++i) to[i] &= from[i];
}
inline void AndNotInto(Bits& into, BitSpan other) {
  uint64_t* to = into.data();
  const uint64_t* from = other.data();
  for (size_t i = 0, size = into.size(); i < size; ++i) to[i] &= ~from[i];
}
inline void OrInto(absl::Span<uint64_t> into, BitSpan other) {
  uint64_t* to = into.data();
  const uint64_t* from = other.data();
  for (size_t i = 0, size = into.size(); i < size; ++i) to[i] |= from[i];
}

// Calls visit(document) for each, ascending.
template <typename F>
void ForEachBit(BitSpan bits, F visit) {
  const uint64_t* words = bits.data();
  for (size_t word = 0, size = bits.size(); word < size; ++word) {
    for (uint64_t rest = words[word]; rest != 0; rest &= rest - 1) {
      visit(static_cast<uint32_t>(64 * word + static_cast<size_t>(__builtin_ctzll(rest))));
    }
  }
}

}  // namespace kontor::search
