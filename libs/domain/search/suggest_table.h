#pragma once

#include <cstddef>
#include <cstdint>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace kontor::search {

// The normal forms of all entries, one behind another.
struct FormArena {
  std::string bytes;
  std::vector<uint64_t> offsets;  // one more than entries
  absl::string_view operator[](uint32_t entry) const {
    return absl::string_view(bytes).substr(offsets[entry], offsets[entry + 1] - offsets[entry]);
  }
};

// The forms of one kind, cut at each beginning of a word, in order of their bytes; each cut has a rank by weight.
// Immutable.
class SuggestTable {
 public:
  struct Cut {
    uint32_t entry = 0;
    uint16_t start = 0;  // in the form
  };

  SuggestTable() = default;
  // `entries` ascend; `weights` are those of all entries.
  SuggestTable(const FormArena& forms, absl::Span<const uint32_t> entries, absl::Span<const float> weights,
               size_t starts_max);

  // The cuts that begin with `prefix`; `ended`: and go on with a blank or end there. O(log cuts).
  std::pair<uint32_t, uint32_t> Range(const FormArena& forms, absl::string_view prefix, bool ended) const;
  // Where the best rank of a range that is not empty stands. O(1).
  uint32_t Best(uint32_t begin, uint32_t end) const;

  const Cut& cut(uint32_t at) const { return cuts_[at]; }
  uint32_t rank(uint32_t at) const { return ranks_[at]; }
  size_t memory_bytes() const;

 private:
  static constexpr uint32_t kBlock = 32;

  void Sort(const FormArena& forms);
  void Rank(absl::Span<const float> weights);
  uint32_t Scan(uint32_t begin, uint32_t end) const;

  std::vector<Cut> cuts_;
  std::vector<uint32_t> ranks_;                // 0: the heaviest
  std::vector<std::vector<uint32_t>> minima_;  // level l: where the best of 2^l blocks stands
};

// What a cut weighs.
inline float CutWeight(float weight, uint16_t start) { return start == 0 ? weight : weight * 0.5F; }

// The cuts of a range, the heaviest first.
class SuggestStream {
 public:
  SuggestStream(const SuggestTable& table, std::pair<uint32_t, uint32_t> range);
  bool empty() const { return ranges_.empty(); }
  const SuggestTable::Cut& front() const { return table_->cut(ranges_.top().best); }
  void Pop();

 private:
  struct Range {
    uint32_t rank, best, begin, end;
    bool operator<(const Range& other) const { return rank > other.rank; }
  };
  void Push(uint32_t begin, uint32_t end);

  const SuggestTable* table_;
  std::priority_queue<Range> ranges_;
};

}  // namespace kontor::search
