#include "libs/domain/recommendations/popularity.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace kontor::recommendations {
namespace {

constexpr float kTiny = 1e-4F;
constexpr float kSteady = 2;  // the trend of what sells as ever

double Decay(const Baskets& baskets, int64_t newest, uint32_t basket, double half_life_days) {
  const double age_days = static_cast<double>(newest - baskets.At(basket).time_seconds) / kSecondsPerDay;
  return std::exp2(-age_days / half_life_days);
}

void Normalise(double sum, std::vector<double>& counts, std::vector<float>& out) {
  out.resize(counts.size());
  for (size_t i = 0; i < counts.size(); ++i) out[i] = sum > 0 ? static_cast<float>(counts[i] / sum) : 0;
}

// For every context the baskets at it and below.
std::vector<std::vector<uint32_t>> BasketsByContext(const Baskets& baskets, absl::Span<const ContextId> parents) {
  std::vector<std::vector<uint32_t>> out(parents.size());
  for (uint32_t basket = 0; basket < baskets.size(); ++basket) {
    for (ContextId context = baskets.At(basket).context; context < parents.size(); context = parents[context]) {
      out[context].push_back(basket);
    }
  }
  return out;
}

}  // namespace

Popularity Popularity::Train(const Baskets& baskets, absl::Span<const ContextId> parents,
                             const PopularityOptions& options) {
  Popularity out;
  const int64_t newest = baskets.newest_seconds();
  std::vector<double> recent(baskets.item_count(), 0), all_time(baskets.item_count(), 0);
  std::vector<float> weights(baskets.size());
  double sum = 0;
  for (uint32_t basket = 0; basket < baskets.size(); ++basket) {
    weights[basket] = static_cast<float>(Decay(baskets, newest, basket, options.half_life_days));
    sum += weights[basket];
    for (ItemId item : baskets.At(basket).items) {
      recent[item] += weights[basket];
      all_time[item] += 1;
    }
  }
  Normalise(sum, recent, out.recent_);
  Normalise(baskets.size(), all_time, out.all_time_);
  out.order_.resize(baskets.item_count());
  std::iota(out.order_.begin(), out.order_.end(), 0);
  std::stable_sort(out.order_.begin(), out.order_.end(),
                   [&](ItemId a, ItemId b) { return out.recent_[a] > out.recent_[b]; });

  out.parents_.assign(parents.begin(), parents.end());
  ScoreVector sums;
  sums.Resize(baskets.item_count());
  for (const std::vector<uint32_t>& of_context : BasketsByContext(baskets, parents)) {
    sums.Clear();
    double total = 0;
    for (uint32_t basket : of_context) {
      total += weights[basket];
      for (ItemId item : baskets.At(basket).items) sums.Add(item, weights[basket]);
    }
    std::vector<std::pair<ItemId, float>> counts;
    for (ItemId item : sums.touched()) counts.emplace_back(item, sums[item]);
    out.AppendContext(counts, total, options.shrink_baskets);
  }
  out.Prepare();
  return out;
}

void Popularity::AppendContext(std::vector<std::pair<ItemId, float>>& sums, double baskets, double shrink) {
  std::sort(sums.begin(), sums.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  for (size_t i = 0; i < std::min(kTop, sums.size()); ++i) top_.push_back(sums[i].first);
  top_offsets_.push_back(top_.size());
  std::sort(sums.begin(), sums.end());
  for (const auto& [item, sum] : sums) {
    items_.push_back(item);
    shares_.push_back(static_cast<float>(sum / (baskets + shrink)));
  }
  offsets_.push_back(items_.size());
  parent_part_.push_back(static_cast<float>(shrink / (baskets + shrink)));
}

absl::Span<const Signal> Popularity::signals() const {
  static constexpr Signal kAll[kSignals] = {{"popular", ReasonKind::kPopular, 1e-3F},
                                            {"trend", ReasonKind::kPopular, 0, kSteady}};
  return kAll;
}

float Popularity::OwnShare(ContextId context, ItemId item) const {
  const auto begin = items_.begin() + static_cast<int64_t>(offsets_[context]);
  const auto end = items_.begin() + static_cast<int64_t>(offsets_[context + 1]);
  const auto it = std::lower_bound(begin, end, item);
  return it != end && *it == item ? shares_[static_cast<size_t>(it - items_.begin())] : 0;
}

float Popularity::Share(ContextId context, ItemId item) const {
  float share = 0, part = 1;
  for (; context < parents_.size(); context = parents_[context]) {
    share += part * OwnShare(context, item);
    part *= parent_part_[context];
  }
  return item < recent_.size() ? share + part * recent_[item] : 0;
}

void Popularity::Prepare() {
  for (ItemId item = 0; item < recent_.size(); ++item) {
    const float change = std::log((recent_[item] + kTiny) / (all_time_[item] + kTiny));
    trends_.push_back(std::clamp(kSteady + change, 0.0F, 4.0F));
  }
}

float Popularity::Trend(ItemId item) const { return item < trends_.size() ? trends_[item] : kSteady; }

ContextId Popularity::SoldIn(ContextId context, ItemId item) const {
  for (; context < parents_.size(); context = parents_[context]) {
    if (OwnShare(context, item) > 0) return context;
  }
  return kNone;
}

void Popularity::Generate(const Profile& profile, int limit, size_t, Candidates& out) const {
  for (ContextId context = profile.context().context; context < parents_.size(); context = parents_[context]) {
    int left = limit;
    for (uint64_t i = top_offsets_[context]; i < top_offsets_[context + 1] && left > 0; ++i)
      left -= out.Nominate(top_[i]);
  }
  int left = limit;
  for (size_t i = 0; i < order_.size() && left > 0; ++i) left -= out.Nominate(order_[i]);
}

void Popularity::Describe(const Profile& profile, size_t first, Candidates& out) const {
  for (size_t row = 0; row < out.items().size(); ++row) {
    const ItemId item = out.items()[row];
    out.value(row, first + kShare) = Share(profile.context().context, item);
    out.value(row, first + kTrend) = Trend(item);
  }
}

void Popularity::Explain(const Profile& profile, ItemId item, Reason& reason) const {
  reason.context = SoldIn(profile.context().context, item);
  reason.kind = reason.context == kNone ? ReasonKind::kPopular : ReasonKind::kPopularInContext;
}

void Popularity::Save(base::ByteWriter& out) const {
  out.Array(recent_);
  out.Array(all_time_);
  out.Array(order_);
  out.Array(parents_);
  out.Array(parent_part_);
  out.Array(offsets_);
  out.Array(items_);
  out.Array(shares_);
  out.Array(top_offsets_);
  out.Array(top_);
}

Popularity Popularity::Load(base::ByteReader& in, uint32_t item_count, uint32_t context_count) {
  Popularity out;
  out.recent_ = in.Array<float>();
  out.all_time_ = in.Array<float>();
  out.order_ = in.Array<ItemId>();
  out.parents_ = in.Array<ContextId>();
  out.parent_part_ = in.Array<float>();
  out.offsets_ = in.Array<uint64_t>();
  out.items_ = in.Array<ItemId>();
  out.shares_ = in.Array<float>();
  out.top_offsets_ = in.Array<uint64_t>();
  out.top_ = in.Array<ItemId>();
  in.Require(out.recent_.size() == item_count && out.all_time_.size() == item_count && out.order_.size() == item_count,
             "popularity has another number of products");
  in.Require(out.parents_.size() == context_count && out.parent_part_.size() == context_count &&
                 out.items_.size() == out.shares_.size(),
             "popularity has columns of unequal length");
  in.RequireOffsets(out.offsets_, context_count, out.items_.size());
  in.RequireOffsets(out.top_offsets_, context_count, out.top_.size());
  in.RequireBelow(out.order_, item_count);
  in.RequireBelow(out.items_, item_count);
  in.RequireBelow(out.top_, item_count);
  for (size_t context = 0; context < out.parents_.size(); ++context) {
    in.Require(out.parents_[context] == kNone || out.parents_[context] < context, "a context stands before its parent");
  }
  for (const auto* shares : {&out.recent_, &out.all_time_, &out.parent_part_, &out.shares_}) in.RequireWeights(*shares);
  if (in.status().ok()) out.Prepare();
  return out;
}

}  // namespace kontor::recommendations
