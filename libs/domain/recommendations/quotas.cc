#include "libs/domain/recommendations/quotas.h"

namespace kontor::recommendations {

Quotas::Quotas(const RerankOptions& options) : options_(options) {
  for (const uint32_t rule : options.active_rules) {
    if (const auto* cap = std::get_if<Cap>(&options.rules->rules()[rule].rule.action))
      caps_.push_back({rule, *cap, {}});
  }
}

std::optional<Hindrance> Quotas::Refusal(ItemId item) const {
  if (const Term group = GroupOf(item); group != 0) {
    if (const auto found = groups_.find(group); found != groups_.end()) {
      return Hindrance{AbsenceCause::kVariantShown, kNone, found->second};
    }
  }
  if (options_.max_per_category > 0) {
    const auto found = categories_.find(CategoryOf(item));
    if (found != categories_.end() && found->second >= options_.max_per_category) {
      return Hindrance{AbsenceCause::kCategoryFull, kNone, kNone};
    }
  }
  for (const Full& cap : caps_) {
    if (!Concerns(cap, item)) continue;
    const auto found = cap.taken.find(KeyOf(cap.cap.per, item));
    if ((found == cap.taken.end() ? 0 : found->second) >= cap.cap.most) {
      return Hindrance{AbsenceCause::kCapped, cap.rule, kNone};
    }
  }
  return std::nullopt;
}

void Quotas::Count(ItemId item, int by) {
  if (const Term group = GroupOf(item); group != 0) {
    if (by > 0) {
      groups_.emplace(group, item);
    } else if (const auto found = groups_.find(group); found != groups_.end() && found->second == item) {
      groups_.erase(found);
    }
  }
  if (options_.max_per_category > 0) categories_[CategoryOf(item)] += by;
  for (Full& cap : caps_) {
    if (Concerns(cap, item)) cap.taken[KeyOf(cap.cap.per, item)] += by;
  }
}

bool Quotas::Concerns(const Full& cap, ItemId item) const {
  return TestBit(options_.rules->rules()[cap.rule].matches, item);
}

Term Quotas::GroupOf(ItemId item) const {
  return options_.one_per_group && options_.facts != nullptr ? options_.facts->group(item) : 0;
}

Term Quotas::CategoryOf(ItemId item) const {
  if (options_.facts != nullptr) return options_.facts->top_category(item);
  return item < options_.item_categories.size() ? options_.item_categories[item] : kNone;
}

Term Quotas::KeyOf(Cap::Per per, ItemId item) const {
  if (options_.facts == nullptr) return 0;
  if (per == Cap::Per::kBrand) return options_.facts->brand(item);
  return per == Cap::Per::kSeller ? options_.facts->seller(item) : options_.facts->top_category(item);
}

}  // namespace kontor::recommendations
