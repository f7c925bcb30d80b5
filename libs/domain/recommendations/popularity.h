#pragma once

#include <cstdint>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/domain/recommendations/baskets.h"
#include "libs/domain/recommendations/source.h"

namespace kontor::recommendations {

inline constexpr absl::string_view kPopularityName = "popularity";

struct PopularityOptions {
  double half_life_days = 30;
  double shrink_baskets = 50;  // a context trusts its parent as if that had shown it so many baskets
};

// What sells: the time-decayed share of baskets that hold a product, where the person is. With n decayed baskets in a
// context, m = shrink_baskets and r(parent) the share one level up (a store's country, then everywhere):
//   r(context, i) = (n(i) + m * r(parent, i)) / (n + m).
// The second signal, trend, is how much larger the recent share everywhere is than that of all time:
//   2 + log((r + 1e-4) / (r_all + 1e-4)), within 0 and 4; 2 is neither.
class Popularity : public CandidateSource {
 public:
  enum SignalIndex { kShare, kTrend, kSignals };

  // `parents[c]` is the context above c or kNone, and comes before c or not at all: parents[c] < c.
  static Popularity Train(const Baskets& baskets, absl::Span<const ContextId> parents,
                          const PopularityOptions& options);

  absl::string_view name() const override { return kPopularityName; }
  absl::Span<const Signal> signals() const override;
  Effort effort() const override { return Effort::kTrend; }
  void Generate(const Profile& profile, int limit, size_t first, Candidates& out) const override;
  void Describe(const Profile& profile, size_t first, Candidates& out) const override;
  void Explain(const Profile& profile, ItemId item, Reason& reason) const override;

  // r(context, item); kNone and contexts that the model does not know are everywhere.
  float Share(ContextId context, ItemId item) const;
  float Trend(ItemId item) const;
  // The most specific context at or above `context` in which `item` was sold; kNone for everywhere.
  ContextId SoldIn(ContextId context, ItemId item) const;
  absl::Span<const ItemId> Order() const { return order_; }  // all items, the most popular everywhere first

  void Save(base::ByteWriter& out) const override;
  static Popularity Load(base::ByteReader& in, uint32_t item_count, uint32_t context_count);

 private:
  static constexpr size_t kTop = 200;                    // nominations kept per context
  float OwnShare(ContextId context, ItemId item) const;  // n(i) / (n + m), without the parent's part
  void Prepare();                                        // what the columns imply
  void AppendContext(std::vector<std::pair<ItemId, float>>& sums, double baskets, double shrink);

  std::vector<float> recent_, all_time_;  // shares everywhere, by item
  std::vector<float> trends_;
  std::vector<ItemId> order_;
  std::vector<ContextId> parents_;
  std::vector<float> parent_part_;  // m / (n + m), by context
  std::vector<uint64_t> offsets_ = {0};
  std::vector<ItemId> items_;  // ascending within a context
  std::vector<float> shares_;
  std::vector<uint64_t> top_offsets_ = {0};
  std::vector<ItemId> top_;  // largest own share first
};

}  // namespace kontor::recommendations
