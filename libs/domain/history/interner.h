#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace kontor::history {

// Strings as dense numbers: the first distinct string is 0, the next 1, and so on, so that the numbers index columns.
// Memory: the bytes of the strings in one arena, 8 bytes of offset and at most 12 bytes of hash table each.
// Intern and Find cost one hash and about one comparison. Reading is thread-safe while nobody interns.
class Interner {
 public:
  Interner();

  // The number of `text`, a new one when it was not seen before. At most 2^32 - 2 strings.
  uint32_t Intern(absl::string_view text);
  std::optional<uint32_t> Find(absl::string_view text) const;

  // The string of a number below size(). Valid until the next Intern.
  absl::string_view At(uint32_t id) const;

  uint32_t size() const { return static_cast<uint32_t>(offsets_.size() - 1); }
  size_t bytes() const;  // of the heap

 private:
  size_t SlotOf(absl::string_view text) const;
  void Grow();

  std::string arena_;
  std::vector<uint64_t> offsets_;  // where string i begins; one more marks the end
  std::vector<uint32_t> slots_;    // open addressing, linear probing: number + 1, 0 is free; a power of two
};

}  // namespace kontor::history
