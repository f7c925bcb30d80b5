#pragma once

#include <cstdint>
#include <vector>

#include "libs/domain/history/history.h"
#include "libs/domain/recommendations/types.h"

namespace kontor::recommendations {

struct Basket {
  int64_t time_seconds = 0;
  ContextId context = kNone;
  absl::Span<const ItemId> items;  // distinct, ascending
};

// Purchases as sets: every basket of every user with its distinct items, in the history's order. Immutable after
// building; thread-safe to read.
class Baskets {
 public:
  // Rows of kind kPurchase with a weight above 0 and an item below `items`. Baskets that are left without items are
  // dropped.
  static Baskets FromHistory(const history::History& history, uint32_t items);
  explicit Baskets(uint32_t items) : items_count_(items) {}

  // For builders: baskets of one user after another. `items` is sorted and freed of doubles here.
  void AddBasket(int64_t time_seconds, ContextId context, std::vector<ItemId> items);
  void EndUser() { user_baskets_.push_back(size()); }

  uint32_t users() const { return static_cast<uint32_t>(user_baskets_.size() - 1); }
  uint32_t size() const { return static_cast<uint32_t>(times_.size()); }
  uint32_t item_count() const { return items_count_; }
  uint64_t lines() const { return items_.size(); }
  history::Range OfUser(uint32_t user) const { return {user_baskets_[user], user_baskets_[user + 1]}; }
  Basket At(uint32_t basket) const;
  int64_t newest_seconds() const;  // 0 without baskets

  // A user's baskets as a request would bring them, newest first; at most `limit`.
  std::vector<PastBasket> PastOf(uint32_t user, size_t limit = SIZE_MAX) const;

 private:
  uint32_t items_count_;
  std::vector<ItemId> items_;
  std::vector<uint32_t> user_baskets_ = {0};
  std::vector<uint32_t> basket_items_ = {0};
  std::vector<int64_t> times_;
  std::vector<ContextId> contexts_;
};

// A basket that was held out, with what came before it.
struct Example {
  uint32_t user = 0;
  ContextId context = kNone;
  int64_t time_seconds = 0;
  std::vector<ItemId> target;      // distinct, ascending
  std::vector<Seed> session = {};  // that led to it (visits.h)
};

struct HoldOut {
  Baskets train;
  std::vector<Example> examples;
};

// Holds the last basket of every user with at least two out; all else, the only basket of a user included, trains.
// With `limit`, only that many users, spread evenly over all, are held out.
HoldOut HoldOutLast(const Baskets& baskets, size_t limit = SIZE_MAX);

}  // namespace kontor::recommendations
