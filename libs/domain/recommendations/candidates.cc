#include "libs/domain/recommendations/candidates.h"

#include <algorithm>

#include "libs/domain/recommendations/bits.h"

namespace kontor::recommendations {

void ScoreVector::Clear() {
  constexpr size_t kSequentialGain = 16;  // numbers in order cleared in the time of one out of order
  if (count_ * kSequentialGain > values_.size()) {
    std::fill(values_.begin(), values_.end(), 0.0F);
  } else {
    for (uint32_t index : touched()) values_[index] = 0;
  }
  count_ = 0;
  unit_ = 1;
}

float ScoreVector::Max() const {
  float max = 0;
  for (uint32_t index : touched()) max = std::max(max, values_[index]);
  return max;
}

float ScoreVector::KeepBest(size_t limit) const {
  if (limit == 0 || entries_.size() < limit) {
    entries_.resize(std::min(limit, entries_.size()));
    return 0;
  }
  const auto last = entries_.begin() + static_cast<int64_t>(limit) - 1;
  std::nth_element(entries_.begin(), last, entries_.end(), [](const Entry& a, const Entry& b) {
    return a.value != b.value ? a.value > b.value : a.index < b.index;
  });
  entries_.resize(limit);
  return last->value;
}

void Candidates::Reset(uint32_t item_count, size_t signals, const ItemFilter& filter, const Profile& profile) {
  for (ItemId item : marked_) marks_[item] = 0;
  marked_.clear();
  items_.clear();
  if (marks_.size() < item_count) marks_.resize(item_count, 0);
  if (scores_.size() < signals) scores_.resize(signals);
  for (ScoreVector& scores : scores_) scores.Clear();
  item_count_ = item_count;
  signals_ = signals;
  filter_ = filter;
  plain_ = filter.bought != BoughtItems::kOnly && filter.allowed.empty();
  refused_ = filter.bought == BoughtItems::kExclude ? kExcluded | kBought : kExcluded;
  for (ItemId item : filter.excluded) {
    if (item < item_count) Mark(item, kExcluded);
  }
  for (const ProfileItem& item : profile.items()) Mark(item.item, kBought);
}

void Candidates::Mark(ItemId item, uint8_t mark) {
  if (marks_[item] == 0) marked_.push_back(item);
  marks_[item] |= mark;
}

bool Candidates::Passes(ItemId item) const {
  if (filter_.bought == BoughtItems::kOnly && !(marks_[item] & kBought)) return false;
  return filter_.allowed.empty() || TestBit(filter_.allowed, item);
}

bool Candidates::Nominate(ItemId item) {
  if (!Allowed(item)) return false;
  if (!(marks_[item] & kNominated)) {
    Mark(item, kNominated);
    items_.push_back(item);
  }
  return true;
}

void Candidates::NominateBest(size_t signal, int limit) {
  scores_[signal].Best(
      static_cast<size_t>(limit), [this](uint32_t item) { return Allowed(item); }, order_);
  for (uint32_t item : order_) Nominate(item);
}

}  // namespace kontor::recommendations
