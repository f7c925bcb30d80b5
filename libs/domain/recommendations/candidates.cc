#include "libs/domain/recommendations/candidates.h"

#include <algorithm>
#include <functional>

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

float ScoreVector::GuessFloor(size_t limit) const {
  constexpr size_t kSample = 256, kSlack = 4;
  if (count_ < 4 * kSample) return 0;
  const size_t step = count_ / kSample;
  const size_t rank = 3 * limit / (2 * step) + kSlack;  // of the sample: half as many again as are wanted
  if (rank >= kSample) return 0;
  sample_.resize(kSample);
  for (size_t i = 0; i < kSample; ++i) sample_[i] = values_[touched_[i * step]];
  std::nth_element(sample_.begin(), sample_.begin() + static_cast<int64_t>(rank), sample_.end(), std::greater<>());
  return sample_[rank];
}

void Candidates::Reset(uint32_t item_count, size_t signals, const ItemFilter& filter, const Profile& profile) {
  for (ItemId item : marked_) marks_[item] = 0;
  marked_.clear();
  items_.clear();
  has_allowed_words_ = false;
  if (marks_.size() < item_count) marks_.resize(item_count, 0);
  if (scores_.size() < signals) scores_.resize(signals);
  if (numbers_.size() < signals) numbers_.resize(signals);
  for (ScoreVector& scores : scores_) scores.Clear();
  for (std::vector<float>& numbers : numbers_) numbers.clear();
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

absl::Span<const uint64_t> Candidates::AllowedWords() {
  if (has_allowed_words_) return allowed_words_;
  has_allowed_words_ = true;
  allowed_words_.assign((item_count_ + size_t{63}) / 64, filter_.allowed.empty() ? ~uint64_t{0} : 0);
  const size_t shared = std::min(allowed_words_.size(), filter_.allowed.size());
  std::copy_n(filter_.allowed.begin(), shared, allowed_words_.begin());
  if (item_count_ % 64 != 0) allowed_words_.back() &= (uint64_t{1} << (item_count_ % 64)) - 1;
  const auto refuse = [&](ItemId item) { allowed_words_[item / 64] &= ~(uint64_t{1} << (item % 64)); };
  if (filter_.bought == BoughtItems::kOnly) {
    for (ItemId item = 0; item < item_count_; ++item) {
      if (!Allowed(item)) refuse(item);
    }
    return allowed_words_;
  }
  for (ItemId item : marked_) {
    if (!Allowed(item)) refuse(item);
  }
  return allowed_words_;
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
