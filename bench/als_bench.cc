#include "bench/als_bench.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/als_peer.h"
#include "libs/base/random.h"
#include "libs/domain/recommendations/als.h"
#include "libs/domain/recommendations/evaluation.h"

namespace kontor::bench {
namespace {

using namespace recommendations;  // NOLINT: a program

constexpr int kPlaces = 10;
constexpr float kAlpha = 20, kRidge = 1;  // implicit's, chosen for it on Beauty's validation; its alpha is ours + 1

double CpuSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// HR@10 and NDCG@10 of the held-out items among all that their people have not met.
RankingMetrics Evaluate(const Als& model, const HoldOut& hold_out) {
  MetricsMean mean(kPlaces);
  std::vector<uint64_t> allowed((hold_out.train.item_count() + 63) / 64);
  for (const Example& example : hold_out.examples) {
    UserContext context;
    const std::vector<PastBasket> past = hold_out.train.PastOf(example.user);
    context.baskets = past;
    const Profile profile(context, hold_out.train.item_count());
    std::fill(allowed.begin(), allowed.end(), ~uint64_t{0});
    for (const ProfileItem& item : profile.items()) allowed[item.item / 64] &= ~(uint64_t{1} << (item.item % 64));
    std::vector<ItemId> top;
    for (const ScoredItem& one : model.index().Top(model.UserVector(profile.recent()), kPlaces, {true, allowed})) {
      top.push_back(one.item);
    }
    mean.Add(top, example.target);
  }
  return mean.Mean();
}

SparseRows RowsOf(const Baskets& baskets) {
  SparseRows out;
  std::vector<ItemId> items;
  for (uint32_t user = 0; user < baskets.users(); ++user) {
    items.clear();
    for (const PastBasket& basket : baskets.PastOf(user)) {
      items.insert(items.end(), basket.items.begin(), basket.items.end());
    }
    std::sort(items.begin(), items.end());
    items.erase(std::unique(items.begin(), items.end()), items.end());
    out.columns.insert(out.columns.end(), items.begin(), items.end());
    out.offsets.push_back(out.columns.size());
  }
  return out;
}

// Numbers below weights.size(), drawn in proportion to them.
class Draw {
 public:
  explicit Draw(const std::vector<double>& weights) {
    double sum = 0;
    for (double weight : weights) sums_.push_back(sum += weight);
  }
  uint32_t operator()(base::Random& random) const {
    const auto at = std::upper_bound(sums_.begin(), sums_.end() - 1, random.Uniform() * sums_.back());
    return static_cast<uint32_t>(at - sums_.begin());
  }

 private:
  std::vector<double> sums_;
};

// Item popularity (rank + 10)^-0.9, user activity lognormal with sigma 1, independent draws, duplicates merged.
SparseRows SyntheticShop() {
  constexpr uint32_t kUsers = 200'000, kItems = 50'000, kEvents = 5'000'000;
  base::Random random(7);
  std::vector<double> popularity(kItems), activity(kUsers);
  for (uint32_t item = 0; item < kItems; ++item) popularity[item] = std::pow(item + 10.0, -0.9);
  for (size_t i = kItems; i > 1; --i) std::swap(popularity[i - 1], popularity[random.Below(i)]);
  for (double& one : activity) one = std::exp(random.Normal());
  const Draw user(activity), item(popularity);
  std::vector<std::pair<uint32_t, uint32_t>> pairs(kEvents);
  for (auto& pair : pairs) pair = {user(random), item(random)};
  std::sort(pairs.begin(), pairs.end());
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  SparseRows out;
  out.offsets.assign(kUsers + size_t{1}, 0);
  for (const auto& [one, other] : pairs) {
    ++out.offsets[one + 1];
    out.columns.push_back(other);
  }
  for (uint32_t row = 0; row < kUsers; ++row) out.offsets[row + 1] += out.offsets[row];
  return out;
}

}  // namespace

absl::Status RunAlsQuality(const SequenceData& data, const std::string& prefix, std::vector<Figure>& figures) {
  const HoldOut test = HoldOutLast(data.baskets);
  const HoldOut validation = HoldOutLast(test.train);
  for (const int factors : {64, 128}) {
    AlsOptions options{.factors = factors, .alpha = kAlpha, .ridge = kRidge, .decay = 1};
    AlsOptions best = options;
    double best_ndcg = 0;
    for (const float decay : {1.0F, 0.9F, 0.8F, 0.6F, 0.4F, 0.2F}) {
      options.decay = decay;
      const double ndcg = Evaluate(Als::Train(validation.train, options), validation).ndcg;
      if (ndcg > best_ndcg) {
        best = options;
        best_ndcg = ndcg;
      }
    }
    options.decay = 1;
    for (const auto& [view, train] : {std::pair{"strict", &validation.train}, std::pair{"refit", &test.train}}) {
      for (const bool recent : {false, true}) {
        const RankingMetrics metrics = Evaluate(Als::Train(*train, recent ? best : options), test);
        const std::string name = absl::StrCat("als_", factors, recent ? "_recent" : "");
        const std::string note = recent ? absl::StrFormat("decay %g, chosen on validation", best.decay) : "";
        figures.push_back({absl::StrCat(prefix, view, "_hr_at_10/", name), metrics.recall, "share", {}, note});
        figures.push_back({absl::StrCat(prefix, view, "_ndcg_at_10/", name), metrics.ndcg, "share", {}, note});
        std::cout << absl::StrFormat("  %-7s %-22s HR@10 %.4f  NDCG@10 %.4f  %s\n", view, name, metrics.recall,
                                     metrics.ndcg, note)
                  << std::flush;
      }
    }
  }
  return absl::OkStatus();
}

absl::Status RunAlsSpeed(const SequenceData* data, const std::string& prefix, std::vector<Figure>& figures) {
  SparseRows rows = data != nullptr ? RowsOf(data->baskets) : SyntheticShop();
  const uint32_t items = 1 + *std::max_element(rows.columns.begin(), rows.columns.end());
  rows.weights.assign(rows.columns.size(), kAlpha);
  const int iterations = rows.columns.size() < 1'000'000 ? 15 : 5;
  for (const int factors : {64, 128}) {
    const AlsOptions options{
        .factors = factors, .iterations = iterations, .alpha = kAlpha, .ridge = kRidge, .decay = 1};
    const double start = CpuSeconds();
    const Als model = Als::Train(rows, items, options);
    const double seconds = (CpuSeconds() - start) / iterations;
    const std::optional<double> peer = ImplicitSeconds(rows, items, options);
    const std::string name = absl::StrCat(prefix, "als_cpu_s_per_iteration/", factors);
    figures.push_back(
        {name, seconds, "s", peer, "whole training over iterations, one thread; reference: implicit now"});
    std::cout << absl::StrFormat("  %-40s %.3f s  implicit %s\n", name, seconds,
                                 peer.has_value() ? absl::StrFormat("%.3f s", *peer) : "is not installed")
              << std::flush;
  }
  return absl::OkStatus();
}

}  // namespace kontor::bench
