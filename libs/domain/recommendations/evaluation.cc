#include "libs/domain/recommendations/evaluation.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "libs/domain/recommendations/profile.h"

namespace kontor::recommendations {

void MetricsMean::Add(absl::Span<const ItemId> top, absl::Span<const ItemId> relevant) {
  double hits = 0, gain = 0, ideal = 0;
  for (size_t i = 0; i < static_cast<size_t>(k_); ++i) {
    const double discount = 1 / std::log2(static_cast<double>(i) + 2);
    if (i < relevant.size()) ideal += discount;
    if (i < top.size() && std::binary_search(relevant.begin(), relevant.end(), top[i])) {
      ++hits;
      gain += discount;
    }
  }
  sum_.recall += hits / static_cast<double>(relevant.size());
  sum_.ndcg += gain / ideal;
  sum_.hit += hits > 0 ? 1 : 0;
  sum_.precision += hits / k_;
  ++sum_.answers;
}

RankingMetrics MetricsMean::Mean() const {
  RankingMetrics mean = sum_;
  const double n = std::max<double>(1, static_cast<double>(sum_.answers));
  for (double* value : {&mean.recall, &mean.ndcg, &mean.hit, &mean.precision}) *value /= n;
  return mean;
}

ExampleContext::ExampleContext(const HoldOut& hold_out, const Example& example, absl::Span<const uint64_t> persons)
    : past_(hold_out.train.PastOf(example.user)) {
  for (const PastBasket& basket : past_) bought_.insert(bought_.end(), basket.items.begin(), basket.items.end());
  std::sort(bought_.begin(), bought_.end());
  bought_.erase(std::unique(bought_.begin(), bought_.end()), bought_.end());
  context_.person = persons[example.user];
  context_.baskets = past_;
  context_.session = example.session;
  context_.context = example.context;
  context_.now_seconds = example.time_seconds;
}

NextBasketMetrics EvaluateNextBasket(const HoldOut& hold_out, absl::Span<const Example> examples,
                                     absl::Span<const uint64_t> persons, int k, Recommender recommend) {
  MetricsMean all(k), new_products(k);
  for (const Example& example : examples) {
    const ExampleContext known(hold_out, example, persons);
    all.Add(recommend(example, known.context(), BoughtItems::kInclude), example.target);
    std::vector<ItemId> fresh;
    std::set_difference(example.target.begin(), example.target.end(), known.bought().begin(), known.bought().end(),
                        std::back_inserter(fresh));
    if (!fresh.empty()) new_products.Add(recommend(example, known.context(), BoughtItems::kExclude), fresh);
  }
  return {all.Mean(), new_products.Mean()};
}

FrequencyPeer::FrequencyPeer(const Baskets& train) : counts_(train.item_count(), 0) {
  for (uint32_t basket = 0; basket < train.size(); ++basket) {
    for (ItemId item : train.At(basket).items) ++counts_[item];
  }
}

std::vector<ItemId> FrequencyPeer::Top(By by, const UserContext& context, BoughtItems bought, int k) const {
  const Profile profile(context, static_cast<uint32_t>(counts_.size()));
  std::vector<uint64_t> keys(counts_.size(), 0);  // own frequency above popularity
  if (by != By::kOwn) std::copy(counts_.begin(), counts_.end(), keys.begin());
  std::vector<ItemId> order(counts_.size());
  std::iota(order.begin(), order.end(), 0);
  for (const ProfileItem& item : profile.items()) {
    if (by != By::kPopularity) keys[item.item] += static_cast<uint64_t>(item.count) << 32;
  }
  if (bought == BoughtItems::kExclude) {
    order.erase(std::remove_if(order.begin(), order.end(), [&](ItemId item) { return profile.Find(item) != nullptr; }),
                order.end());
  }
  const size_t kept = std::min(static_cast<size_t>(k), order.size());
  std::partial_sort(order.begin(), order.begin() + kept, order.end(),
                    [&](ItemId a, ItemId b) { return keys[a] != keys[b] ? keys[a] > keys[b] : a < b; });
  order.resize(kept);
  return order;
}

}  // namespace kontor::recommendations
