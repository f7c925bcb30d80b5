#pragma once

#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/numeric/int128.h"

namespace kontor::analytics {

inline uint64_t HashKey(uint64_t key) {
  key *= 0x9e3779b97f4a7c15;  // 2^64 / golden ratio (Knuth 1998, TAOCP 3, 6.4)
  return key ^ key >> 32;
}
inline uint64_t HashKey(absl::uint128 key) {
  return HashKey(absl::Uint128Low64(key) ^ HashKey(absl::Uint128High64(key) + 1));
}

// Keys as dense group numbers in order of first appearance: a table for narrow keys, else open addressing with linear
// probing at a load of at most 5/8. Not thread-safe.
template <typename Key>
class GroupIndex {
 public:
  // Keys are below 2^bits.
  explicit GroupIndex(int bits) : direct_(bits <= kDirectBits) {
    if (direct_) {
      groups_.assign(size_t{1} << bits, 0);
    } else {
      slots_.resize(size_t{1} << 12);
    }
  }

  uint32_t Group(Key key) {
    if (direct_) {
      uint32_t& group = groups_[static_cast<size_t>(key)];
      if (group == 0) group = Add(key);
      return group - 1;
    }
    Slot& slot = Probe(key);
    if (slot.group != 0) return slot.group - 1;
    slot = {key, Add(key)};
    const uint32_t group = slot.group - 1;
    if (keys_.size() * 8 > slots_.size() * 5) Grow();
    return group;
  }

  // A group for a key that is known to be new. Group must not be called after it.
  uint32_t Append(Key key) { return Add(key) - 1; }

  // By group.
  const std::vector<Key>& keys() const { return keys_; }

 private:
  static constexpr int kDirectBits = 18;

  struct Slot {
    Key key = 0;
    uint32_t group = 0;  // + 1; 0: free
  };

  uint32_t Add(Key key) {
    keys_.push_back(key);
    return static_cast<uint32_t>(keys_.size());
  }
  Slot& Probe(Key key) {
    const size_t mask = slots_.size() - 1;
    size_t at = HashKey(key) & mask;
    while (slots_[at].group != 0 && slots_[at].key != key) at = (at + 1) & mask;
    return slots_[at];
  }
  void Grow() {
    std::vector<Slot> old(slots_.size() * 4);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.group != 0) Probe(slot.key) = slot;
    }
  }

  bool direct_;
  std::vector<uint32_t> groups_;
  std::vector<Slot> slots_;
  std::vector<Key> keys_;
};

}  // namespace kontor::analytics
