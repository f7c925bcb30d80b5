#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace kontor::text {

// Symmetric deletes (Garbe 2012): every word is found under its first kPrefix letters with up to kDistance of them left
// out, and so is what is asked; words within that distance share such a form. Hashes stand for forms, so that a few
// candidates are none: callers check the distance. Immutable; thread-safe.
class SymmetricDeletes {
 public:
  static constexpr size_t kPrefix = 7;
  static constexpr int kDistance = 2;

  SymmetricDeletes() = default;
  // words[i] as code points has the id i; those with `use` false are not found. About 29 entries of 8 bytes a word.
  SymmetricDeletes(absl::Span<const std::vector<char32_t>> words, const std::vector<bool>& use);

  // Appends ids, ascending and without doubles.
  void Find(absl::Span<const char32_t> word, std::vector<uint32_t>& ids) const;
  size_t memory_bytes() const { return entries_.size() * sizeof(uint64_t) + starts_.size() * sizeof(uint32_t); }

 private:
  std::vector<uint64_t> entries_;  // hash << 32 | id, sorted
  std::vector<uint32_t> starts_;   // by the hash's upper bits
  int shift_ = 0;                  // hash >> shift_ is the bucket
};

}  // namespace kontor::text
