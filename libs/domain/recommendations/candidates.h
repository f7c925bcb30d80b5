#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "libs/domain/recommendations/profile.h"
#include "libs/domain/recommendations/types.h"

namespace kontor::recommendations {

// A sparse sum over dense numbers: adding and reading cost one memory access, clearing at most one per number touched.
class ScoreVector {
 public:
  void Clear();
  void Resize(size_t size) {
    if (values_.size() >= size) return;
    values_.resize(size, 0);
    touched_.resize(size + 1);
  }
  // `value` >= 0; what sums to 0 does not count as touched. Free of branches, for indices come in no order.
  void Add(uint32_t index, float value) {
    touched_[count_] = index;
    count_ += static_cast<size_t>(values_[index] == 0) & static_cast<size_t>(value > 0);
    values_[index] += value;
  }
  // Add(indices[i], factor * values[i]) for all i.
  void AddAll(absl::Span<const uint32_t> indices, absl::Span<const float> values, float factor) {
    float* sums = values_.data();
    uint32_t* touched = touched_.data();
    size_t count = count_;
    for (size_t i = 0; i < indices.size(); ++i) {
      const uint32_t index = indices[i];
      const float value = factor * values[i], sum = sums[index];
      touched[count] = index;
      count += static_cast<size_t>(sum == 0) & static_cast<size_t>(value > 0);
      sums[index] = sum + value;
    }
    count_ = count;
  }
  // What sums are read in; 1 after Clear.
  void set_unit(float unit) { unit_ = unit; }
  float operator[](uint32_t index) const { return values_[index] / unit_; }
  absl::Span<const uint32_t> touched() const { return absl::MakeConstSpan(touched_).first(count_); }
  float Max() const;  // 0 when nothing was added
  // Replaces each sum touched by transform(index, sum), which stays above 0.
  template <typename F>
  void Transform(F transform) {
    for (uint32_t index : touched()) values_[index] = transform(index, values_[index]);
  }
  // The `limit` largest among those that `wanted(index)` accepts, in no order; smaller numbers first among equals.
  template <typename F>
  void Best(size_t limit, F wanted, std::vector<uint32_t>& out) const {
    const float guess = GuessFloor(limit);
    Collect(limit, wanted, guess);
    if (guess > 0 && entries_.size() < limit) Collect(limit, wanted, 0);
    out.clear();
    for (const Entry& entry : entries_) out.push_back(entry.index);
  }

 private:
  struct Entry {
    float value;
    uint32_t index;
  };
  // The best of those that reach `floor`, to entries_.
  template <typename F>
  void Collect(size_t limit, F wanted, float floor) const {
    entries_.clear();
    for (uint32_t index : touched()) {
      if (values_[index] < floor || !wanted(index)) continue;
      entries_.push_back({values_[index], index});
      if (entries_.size() == 2 * limit) floor = KeepBest(limit);
    }
    KeepBest(limit);
  }
  float KeepBest(size_t limit) const;    // of entries_; returns the smallest sum that is kept
  float GuessFloor(size_t limit) const;  // from a sample: below it are probably none of the `limit` largest

  std::vector<float> values_;
  std::vector<uint32_t> touched_;  // count_ of them, and one place to write to
  size_t count_ = 0;
  float unit_ = 1;
  mutable std::vector<Entry> entries_;  // scratch of Best
  mutable std::vector<float> sample_;   // of GuessFloor
};

// Which items may be answered at all. Borrows.
struct ItemFilter {
  BoughtItems bought = BoughtItems::kInclude;
  absl::Span<const ItemId> excluded;   // any order
  absl::Span<const uint64_t> allowed;  // bits.h; empty allows all
};

// The working memory of one request: the items that sources nominate and a table with one row an item and one column a
// signal. Meant to be kept by a thread and used again: a request allocates only while it is the largest so far. Memory:
// 1 byte an item, and 4 for each signal that is accumulated. Not thread-safe.
class Candidates {
 public:
  void Reset(uint32_t item_count, size_t signals, const ItemFilter& filter, const Profile& profile);

  // The accumulator of a signal, empty after Reset.
  ScoreVector& scores(size_t signal) {
    scores_[signal].Resize(item_count_);
    return scores_[signal];
  }
  // Numbers that a source keeps from Generate to Describe, by one of its signals; empty after Reset.
  std::vector<float>& numbers(size_t signal) { return numbers_[signal]; }
  // A spare accumulator and a spare list, for numbers that are not items; left as the last user left them.
  ScoreVector& workspace() { return workspace_; }
  std::vector<uint32_t>& order() { return order_; }

  // Allowed(i) as bit i of word i / 64, for sources that scan all items. Worked out once after Reset, at the first
  // call: some microseconds for 100,000 items, a millisecond where the filter asks for categories or for bought items
  // only.
  absl::Span<const uint64_t> AllowedWords();
  bool Allowed(ItemId item) const {
    return item < item_count_ && (marks_[item] & refused_) == 0 && (plain_ || Passes(item));
  }
  // Adds an allowed item to the table, once. False when it is not allowed.
  bool Nominate(ItemId item);
  // Nominates the `limit` allowed items with the largest sums of a signal.
  void NominateBest(size_t signal, int limit);

  // The table, after all nominations: zeros until sources fill it.
  void OpenTable() { values_.assign(items_.size() * signals_, 0); }
  absl::Span<const ItemId> items() const { return items_; }
  float& value(size_t row, size_t signal) { return values_[row * signals_ + signal]; }
  absl::Span<const float> row(size_t row) const {
    return absl::MakeConstSpan(values_).subspan(row * signals_, signals_);
  }
  bool bought(size_t row) const { return (marks_[items_[row]] & kBought) != 0; }
  size_t signals() const { return signals_; }

 private:
  static constexpr uint8_t kExcluded = 1, kBought = 2, kNominated = 4;
  void Mark(ItemId item, uint8_t mark);
  bool Passes(ItemId item) const;  // all of the filter but exclusion

  uint32_t item_count_ = 0;
  size_t signals_ = 0;
  ItemFilter filter_;
  bool plain_ = true;    // the filter asks for nothing that marks do not tell
  uint8_t refused_ = 0;  // marks that keep an item out
  std::vector<uint8_t> marks_;
  std::vector<ItemId> marked_;
  std::vector<uint64_t> allowed_words_;
  bool has_allowed_words_ = false;
  std::vector<ScoreVector> scores_;
  std::vector<std::vector<float>> numbers_;
  ScoreVector workspace_;
  std::vector<uint32_t> order_;
  std::vector<ItemId> items_;
  std::vector<float> values_;
};

}  // namespace kontor::recommendations
