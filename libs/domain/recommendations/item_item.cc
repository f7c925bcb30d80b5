#include "libs/domain/recommendations/item_item.h"

#include <algorithm>
#include <cmath>

#include "libs/domain/recommendations/co_occurrence.h"

namespace kontor::recommendations {

ItemItem ItemItem::Train(const Baskets& baskets, const ItemItemOptions& options) {
  ItemItem out;
  out.group_ = options.group;
  out.table_ = TrainSimilarities(baskets, options);
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

void ItemItem::Accumulate(absl::Span<const Seed> seeds, ScoreVector& scores) const {
  for (size_t i = 0; i < seeds.size(); ++i) {
    if (i + 1 < seeds.size()) table_.Prefetch(seeds[i + 1].item);
    table_.AddRow(seeds[i].item, seeds[i].weight, scores);
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
      const float part = seed.weight * table_.At(seed.item, item);
      if (part > best) {
        best = part;
        reason.evidence = seed.item;
      }
    }
  };
  look(profile.seeds());
  if (reason.evidence == kNone) look(profile.current_seeds());
}

void ItemItem::Save(base::ByteWriter& out) const {
  out.Value(static_cast<uint8_t>(group_));
  table_.Save(out);
}

ItemItem ItemItem::Load(base::ByteReader& in, uint32_t item_count) {
  ItemItem out;
  const uint8_t group = in.Value<uint8_t>();
  in.Require(group <= 1, "item_item counts groups of an unknown kind");
  out.group_ = static_cast<ItemItemOptions::Group>(group);
  out.table_ = ItemTable::Load(in, item_count);
  return out;
}

}  // namespace kontor::recommendations
