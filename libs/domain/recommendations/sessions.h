#pragma once

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "libs/domain/recommendations/types.h"

namespace kontor::recommendations {

// What people met, visit by visit: every session as the sequence of its items, oldest first, sessions in the order of
// time. Items may repeat. Immutable after building; thread-safe to read.
class Sessions {
 public:
  explicit Sessions(uint32_t items) : item_count_(items) {}

  // The next session in time; items from item_count() on are passed over, a session left empty is dropped.
  void Add(absl::Span<const ItemId> items);

  uint32_t item_count() const { return item_count_; }
  uint32_t size() const { return static_cast<uint32_t>(ends_.size() - 1); }
  uint64_t lines() const { return items_.size(); }
  absl::Span<const ItemId> Of(uint32_t session) const {
    return absl::MakeConstSpan(items_).subspan(ends_[session], ends_[session + 1] - ends_[session]);
  }

 private:
  uint32_t item_count_;
  std::vector<uint64_t> ends_ = {0};
  std::vector<ItemId> items_;
};

inline void Sessions::Add(absl::Span<const ItemId> items) {
  for (ItemId item : items) {
    if (item < item_count_) items_.push_back(item);
  }
  if (items_.size() > ends_.back()) ends_.push_back(items_.size());
}

}  // namespace kontor::recommendations
