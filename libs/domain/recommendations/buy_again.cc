#include "libs/domain/recommendations/buy_again.h"

#include <algorithm>
#include <cmath>

namespace kontor::recommendations {

BuyAgain BuyAgain::Train(const Baskets& baskets) {
  std::vector<uint32_t> buyers(baskets.item_count(), 0), repeaters(baskets.item_count(), 0);
  std::vector<ItemId> bought;
  uint64_t all_buyers = 0, all_repeaters = 0;
  for (uint32_t user = 0; user < baskets.users(); ++user) {
    const history::Range range = baskets.OfUser(user);
    bought.clear();
    for (uint32_t basket = range.begin; basket < range.end; ++basket) {
      const auto items = baskets.At(basket).items;
      bought.insert(bought.end(), items.begin(), items.end());
    }
    std::sort(bought.begin(), bought.end());
    for (size_t begin = 0, end = 0; begin < bought.size(); begin = end) {
      while (end < bought.size() && bought[end] == bought[begin]) ++end;
      ++buyers[bought[begin]];
      ++all_buyers;
      if (end - begin >= 2) {
        ++repeaters[bought[begin]];
        ++all_repeaters;
      }
    }
  }
  const double prior = all_buyers == 0 ? 0 : static_cast<double>(all_repeaters) / static_cast<double>(all_buyers);
  BuyAgain out;
  out.repeat_share_.resize(baskets.item_count());
  for (uint32_t item = 0; item < baskets.item_count(); ++item) {
    out.repeat_share_[item] = static_cast<float>((repeaters[item] + 2 * prior) / (buyers[item] + 2.0));
  }
  return out;
}

absl::Span<const Signal> BuyAgain::signals() const {
  static constexpr Signal kAll[kSignals] = {
      {"bought", ReasonKind::kBoughtBefore},          {"loyalty", ReasonKind::kBoughtBefore},
      {"bought_count", ReasonKind::kBoughtBefore, 1}, {"bought_rate", ReasonKind::kBoughtBefore},
      {"bought_last", ReasonKind::kBoughtBefore},     {"bought_repeat", ReasonKind::kBoughtBefore},
  };
  return kAll;
}

void BuyAgain::Generate(const Profile& profile, int limit, size_t first, Candidates& out) const {
  ScoreVector& scores = out.scores(first + kRate);
  for (const ProfileItem& item : profile.items()) scores.Add(item.item, item.rate);
  out.NominateBest(first + kRate, limit);
}

void BuyAgain::Describe(const Profile& profile, size_t first, Candidates& out) const {
  if (profile.items().empty()) return;
  const float loyalty = std::log(static_cast<float>(profile.baskets()));
  for (size_t row = 0; row < out.items().size(); ++row) {
    if (!out.bought(row)) continue;
    const ProfileItem& item = *profile.Find(out.items()[row]);
    out.value(row, first + kBought) = 1;
    out.value(row, first + kLoyalty) = loyalty;
    out.value(row, first + kCount) = static_cast<float>(item.count);
    out.value(row, first + kRate) = item.rate;
    out.value(row, first + kInLast) = item.in_last ? 1 : 0;
    out.value(row, first + kRepeat) = item.item < repeat_share_.size() ? repeat_share_[item.item] : 0;
  }
}

void BuyAgain::Explain(const Profile& profile, ItemId item, Reason& reason) const {
  const ProfileItem* bought = profile.Find(item);
  if (bought == nullptr) return;
  reason.count = bought->count;
  reason.last_time_seconds = bought->last_time_seconds;
}

BuyAgain BuyAgain::Load(base::ByteReader& in, uint32_t item_count) {
  BuyAgain out;
  out.repeat_share_ = in.Array<float>();
  in.Require(out.repeat_share_.size() == item_count, "buy_again has another number of products");
  in.RequireWeights(out.repeat_share_);
  return out;
}

}  // namespace kontor::recommendations
