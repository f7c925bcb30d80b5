#include "libs/domain/recommendations/repurchase_clock.h"

#include <algorithm>
#include <cmath>

#include "absl/container/flat_hash_map.h"

namespace kontor::recommendations {
namespace {

constexpr double kLeastDays = 1.0 / 24;  // intervals below an hour are one purchase's corrections
constexpr double kLeastSigma = 0.1;
constexpr float kMostDue = 10;
constexpr double kHorizonDays = 30;

double LogDays(int64_t seconds) {
  return std::log(std::max(kLeastDays, static_cast<double>(seconds) / kSecondsPerDay));
}

struct Interval {
  ItemId item = 0;
  double log_days = 0;
};

std::vector<Interval> FindIntervals(const Baskets& baskets) {
  std::vector<Interval> out;
  absl::flat_hash_map<ItemId, int64_t> last;
  for (uint32_t user = 0; user < baskets.users(); ++user) {
    last.clear();
    const history::Range range = baskets.OfUser(user);
    for (uint32_t b = range.begin; b < range.end; ++b) {
      const Basket basket = baskets.At(b);
      for (const ItemId item : basket.items) {
        const auto [found, fresh] = last.try_emplace(item, basket.time_seconds);
        if (fresh) continue;
        if (basket.time_seconds > found->second) out.push_back({item, LogDays(basket.time_seconds - found->second)});
        found->second = basket.time_seconds;
      }
    }
  }
  return out;
}

struct Sum {
  double count = 0, sum = 0;
  void Add(double value) {
    ++count;
    sum += value;
  }
  double Mean(double above, double shrink) const { return (sum + shrink * above) / (count + shrink); }
};

}  // namespace

RepurchaseClock RepurchaseClock::Train(const Baskets& baskets, absl::Span<const uint32_t> categories,
                                       const ClockOptions& options) {
  const std::vector<Interval> intervals = FindIntervals(baskets);
  Sum shop;
  absl::flat_hash_map<uint32_t, Sum> by_category;
  std::vector<Sum> by_item(baskets.item_count());
  const auto category = [&](ItemId item) { return item < categories.size() ? categories[item] : kNone; };
  for (const Interval& interval : intervals) {
    shop.Add(interval.log_days);
    by_category[category(interval.item)].Add(interval.log_days);
    by_item[interval.item].Add(interval.log_days);
  }
  RepurchaseClock out;
  out.shrink_ = static_cast<float>(options.shrink);
  const double shop_mean = shop.Mean(std::log(kHorizonDays), 1);  // a month where nothing is known
  for (ItemId item = 0; item < baskets.item_count(); ++item) {
    const auto found = by_category.find(category(item));
    const double above = found == by_category.end() ? shop_mean : found->second.Mean(shop_mean, options.shrink);
    out.log_days_.push_back(static_cast<float>(by_item[item].Mean(above, options.shrink)));
  }
  double squares = 0;
  for (const Interval& interval : intervals) {
    squares += std::pow(interval.log_days - static_cast<double>(out.log_days_[interval.item]), 2);
  }
  if (!intervals.empty()) {
    out.sigma_ = static_cast<float>(std::max(kLeastSigma, std::sqrt(squares / static_cast<double>(intervals.size()))));
  }
  return out;
}

absl::Span<const Signal> RepurchaseClock::signals() const {
  static constexpr Signal kAll[] = {{"due", ReasonKind::kDueAgain, 0.1F}};
  return kAll;
}

double RepurchaseClock::ExpectedDays(const ProfileItem& item) const {
  Sum own;
  if (item.count > 1 && item.last_time_seconds > item.first_time_seconds) {
    const double mean = LogDays((item.last_time_seconds - item.first_time_seconds) / (item.count - 1));
    own = {static_cast<double>(item.count - 1), mean * (item.count - 1)};
  }
  return std::exp(own.Mean(static_cast<double>(log_days_[item.item]), static_cast<double>(shrink_)));
}

float RepurchaseClock::Due(const ProfileItem& item, int64_t now_seconds) const {
  if (now_seconds <= item.last_time_seconds || item.item >= log_days_.size()) return 0;
  const double sigma = static_cast<double>(sigma_);
  const double log_t = LogDays(now_seconds - item.last_time_seconds);
  const double z = (log_t - std::log(ExpectedDays(item))) / sigma;
  const double density = std::exp(-z * z / 2) / std::sqrt(2 * M_PI);
  const double survival = std::erfc(z / std::sqrt(2.0)) / 2;
  if (!(survival > 1e-12)) return 0;  // long forgotten
  return std::min(kMostDue, static_cast<float>(kHorizonDays * density / (sigma * std::exp(log_t) * survival)));
}

void RepurchaseClock::Generate(const Profile& profile, int limit, size_t first, Candidates& out) const {
  const int64_t now = profile.context().now_seconds;
  if (now == 0) return;
  ScoreVector& scores = out.scores(first);
  for (const ProfileItem& item : profile.items()) scores.Add(item.item, Due(item, now));
  out.NominateBest(first, limit);
}

void RepurchaseClock::Describe(const Profile&, size_t first, Candidates& out) const {
  const ScoreVector& scores = out.scores(first);
  for (size_t row = 0; row < out.items().size(); ++row) {
    if (out.bought(row)) out.value(row, first) = scores[out.items()[row]];
  }
}

void RepurchaseClock::Explain(const Profile& profile, ItemId item, Reason& reason) const {
  const ProfileItem* bought = profile.Find(item);
  if (bought == nullptr || item >= log_days_.size()) return;
  reason.count = bought->count;
  reason.last_time_seconds = bought->last_time_seconds;
  const double days = static_cast<double>(profile.context().now_seconds - bought->last_time_seconds) / kSecondsPerDay;
  if (days < ExpectedDays(*bought) / 2) reason.kind = ReasonKind::kBoughtBefore;
}

void RepurchaseClock::Save(base::ByteWriter& out) const {
  out.Value(shrink_);
  out.Value(sigma_);
  out.Array(log_days_);
}

RepurchaseClock RepurchaseClock::Load(base::ByteReader& in, uint32_t item_count) {
  constexpr float kMostLogDays = 20;
  RepurchaseClock out;
  out.shrink_ = in.Value<float>();
  out.sigma_ = in.Value<float>();
  out.log_days_ = in.Array<float>();
  in.Require(out.shrink_ >= 0 && out.shrink_ <= base::ByteReader::kMaxWeight, "the clock's shrinkage is out of range");
  in.Require(out.sigma_ >= static_cast<float>(kLeastSigma) / 2 && out.sigma_ <= kMostLogDays,
             "the clock's deviation is out of range");
  in.Require(out.log_days_.size() == item_count, "the clock knows another number of products");
  for (const float days : out.log_days_) in.Require(std::abs(days) <= kMostLogDays, "an interval is out of range");
  return out;
}

}  // namespace kontor::recommendations
