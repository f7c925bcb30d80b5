#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "libs/domain/analytics/radix_sort.h"

namespace kontor::analytics {

// Exact numbers of distinct ids, by group and over all. Pairs are collected and sorted; duplicates are dropped whenever
// they may have doubled, so that memory follows the number of distinct pairs. Not thread-safe.
class DistinctCounter {
 public:
  // Ids are below `ids`.
  explicit DistinctCounter(uint32_t ids) : id_bits_(std::bit_width(ids)), seen_(ids) {}

  void Add(uint32_t group, uint32_t id) {
    const uint64_t pair = uint64_t{group} << id_bits_ | id;
    if (!pairs_.empty() && pairs_.back() == pair) return;
    pairs_.push_back(pair);
    total_ += seen_[id] ^ 1;
    seen_[id] = 1;
    if (pairs_.size() >= limit_) {
      DropDuplicates();
      limit_ = std::max(limit_, pairs_.size() * 2);
    }
  }

  // Calls visit(group) once for every distinct pair.
  template <typename Visit>
  void ForEachPair(Visit visit) {
    DropDuplicates();
    for (const uint64_t pair : pairs_) visit(static_cast<uint32_t>(pair >> id_bits_));
  }
  int64_t total() const { return total_; }

 private:
  void DropDuplicates() {
    const uint64_t highest = pairs_.empty() ? 0 : *std::max_element(pairs_.begin(), pairs_.end());
    RadixSort(pairs_, static_cast<int>(std::bit_width(highest)), [](uint64_t pair) { return pair; });
    pairs_.erase(std::unique(pairs_.begin(), pairs_.end()), pairs_.end());
  }

  int id_bits_;
  std::vector<uint64_t> pairs_;
  std::vector<uint8_t> seen_;
  size_t limit_ = size_t{1} << 20;
  int64_t total_ = 0;
};

}  // namespace kontor::analytics
