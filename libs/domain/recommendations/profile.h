#pragma once

#include <cstdint>
#include <vector>

#include "libs/domain/recommendations/types.h"

namespace kontor::recommendations {

// One item that the person bought.
struct ProfileItem {
  ItemId item = 0;
  float rate = 0;  // share of their baskets that hold it, a basket's weight falling by 10% with every newer one
  int count = 0;   // baskets that hold it
  bool in_last = false;
  int64_t first_time_seconds = 0;
  int64_t last_time_seconds = 0;
};

// One item that the person met, where they met it last.
struct RecentItem {
  ItemId item = 0;
  uint32_t age = 0;  // steps ago: each item of the session is a step, each basket another; 0 is the newest
};

// What every source asks about a person, worked out once a request. Cost: a sort of the items of the baskets,
// about 10 us for 100. Borrows the context.
class Profile {
 public:
  static constexpr double kBasketDecay = 0.9;
  static constexpr size_t kMaxSeeds = 100;
  static constexpr size_t kMaxRecent = 200;

  Profile(const UserContext& context, uint32_t item_count);

  const UserContext& context() const { return context_; }
  uint32_t item_count() const { return item_count_; }
  bool empty() const { return items_.empty() && current_seeds_.empty(); }
  int baskets() const { return baskets_; }
  absl::Span<const ProfileItem> items() const { return items_; }  // ascending by item
  const ProfileItem* Find(ItemId item) const;                     // null when never bought

  // Items to fold in: those bought, by rate, and those of the session, by weight; at most kMaxSeeds, the heaviest.
  absl::Span<const Seed> seeds() const { return seeds_; }
  // Session and baskets as one sequence, newest first, each item once; at most kMaxRecent.
  absl::Span<const RecentItem> recent() const { return recent_; }
  // The session, or the last basket where there is no session; at most kMaxSeeds.
  absl::Span<const Seed> current_seeds() const { return current_seeds_; }

 private:
  void CollectItems();
  void CollectSeeds();
  void CollectRecent();

  const UserContext& context_;
  const uint32_t item_count_;
  int baskets_ = 0;
  std::vector<ProfileItem> items_;
  std::vector<Seed> seeds_;
  std::vector<RecentItem> recent_;
  std::vector<Seed> current_seeds_;
};

}  // namespace kontor::recommendations
