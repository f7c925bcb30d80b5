#include "libs/domain/recommendations/item_item.h"

#include <algorithm>
#include <cmath>

#include "libs/domain/recommendations/co_occurrence.h"

namespace kontor::recommendations {

ItemItem ItemItem::Train(const Baskets& baskets, const ItemItemOptions& options) {
  ItemItem out;
  out.group_ = options.group;
  SimilarityTable table = TrainSimilarities(baskets, options);
  out.offsets_ = std::move(table.offsets);
  out.neighbours_ = std::move(table.neighbours);
  out.similarities_ = std::move(table.similarities);
  return out;
}

absl::string_view ItemItem::name() const {
  return group_ == ItemItemOptions::Group::kBasket ? "item_item" : "item_item_customers";
}

absl::Span<const Signal> ItemItem::signals() const {
  static constexpr Signal kBaskets[] = {{"together", ReasonKind::kBoughtTogether, 0.05F},
                                        {"together_now", ReasonKind::kBoughtTogether, 0.05F}};
  static constexpr Signal kCustomers[] = {{"same_customers", ReasonKind::kBoughtTogether, 0.05F}};
  if (group_ == ItemItemOptions::Group::kBasket) return kBaskets;
  return kCustomers;
}

absl::Span<const ItemId> ItemItem::NeighboursOf(ItemId item) const {
  return absl::MakeConstSpan(neighbours_).subspan(offsets_[item], offsets_[item + 1] - offsets_[item]);
}

float ItemItem::Similarity(ItemId a, ItemId b) const {
  const absl::Span<const ItemId> row = NeighboursOf(a);
  const auto it = std::lower_bound(row.begin(), row.end(), b);
  if (it == row.end() || *it != b) return 0;
  return similarities_[offsets_[a] + static_cast<size_t>(it - row.begin())];
}

void ItemItem::Accumulate(absl::Span<const Seed> seeds, ScoreVector& scores) const {
  for (const Seed& seed : seeds) {
    for (uint64_t i = offsets_[seed.item]; i < offsets_[seed.item + 1]; ++i) {
      scores.Add(neighbours_[i], seed.weight * similarities_[i]);
    }
  }
  const float max = scores.Max();
  if (max > 0) scores.set_unit(max);
}

void ItemItem::Generate(const Profile& profile, int limit, size_t first, Candidates& out) const {
  for (size_t i = 0; i < signals().size(); ++i) {
    Accumulate(i == 0 ? profile.seeds() : profile.current_seeds(), out.scores(first + i));
    out.NominateBest(first + i, limit);
  }
}

void ItemItem::Describe(const Profile& profile, size_t first, Candidates& out) const {
  for (size_t i = 0; i < signals().size(); ++i) {
    const ScoreVector& scores = out.scores(first + i);
    for (size_t row = 0; row < out.items().size(); ++row) out.value(row, first + i) = scores[out.items()[row]];
  }
}

void ItemItem::Explain(const Profile& profile, ItemId item, Reason& reason) const {
  float best = 0;
  const auto look = [&](absl::Span<const Seed> seeds) {
    for (const Seed& seed : seeds) {
      const float part = seed.weight * Similarity(seed.item, item);
      if (part > best) {
        best = part;
        reason.evidence = seed.item;
      }
    }
  };
  look(profile.seeds());
  if (reason.evidence == kNone) look(profile.current_seeds());
}

void ItemItem::Save(ByteWriter& out) const {
  out.Value(static_cast<uint8_t>(group_));
  out.Array(offsets_);
  out.Array(neighbours_);
  out.Array(similarities_);
}

ItemItem ItemItem::Load(ByteReader& in, uint32_t item_count) {
  ItemItem out;
  const uint8_t group = in.Value<uint8_t>();
  in.Require(group <= 1, "item_item counts groups of an unknown kind");
  out.group_ = static_cast<ItemItemOptions::Group>(group);
  out.offsets_ = in.Array<uint64_t>();
  out.neighbours_ = in.Array<ItemId>();
  out.similarities_ = in.Array<float>();
  in.Require(out.neighbours_.size() == out.similarities_.size(), "item_item has columns of unequal length");
  in.RequireOffsets(out.offsets_, item_count, out.neighbours_.size());
  in.RequireBelow(out.neighbours_, item_count);
  in.RequireWeights(out.similarities_);
  return out;
}

}  // namespace kontor::recommendations
