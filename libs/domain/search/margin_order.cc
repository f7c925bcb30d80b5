#include "libs/domain/search/margin_order.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace kontor::search {
namespace {

constexpr double kRounding = 1e-12;  // of sums, relative

// The items that may move and the discounts of the places that they have.
class FreePage {
 public:
  FreePage(absl::Span<const MarginItem> items, double max_loss) {
    double most = 0;
    for (const MarginItem& item : items) {
      if (!item.fixed) most = std::max(most, item.margin);
    }
    for (size_t i = 0; i < items.size(); ++i) {
      if (items[i].fixed) continue;
      places_.push_back(i);
      discounts_.push_back(1 / std::log2(static_cast<double>(i) + 2));
      relevance_.push_back(items[i].relevance);
      margin_.push_back(most > 0 ? items[i].margin / most : 0);
    }
    order_.resize(places_.size());
    std::iota(order_.begin(), order_.end(), size_t{0});
    before_ = Sum(relevance_, order_);
    least_ = before_ * (1 - max_loss) * (1 - kRounding);
    scale_ = most;
  }

  MarginOrder Run(size_t items) {
    MarginOrder out;
    out.margin_before = scale_ * Sum(margin_, order_);
    Choose();
    while (SwapBest()) {
    }
    out.margin_after = std::max(out.margin_before, scale_ * Sum(margin_, order_));
    if (before_ > 0) out.relevance_loss = std::max(0.0, 1 - Sum(relevance_, order_) / before_);
    out.order.resize(items);
    std::iota(out.order.begin(), out.order.end(), size_t{0});
    for (size_t i = 0; i < order_.size(); ++i) out.order[places_[i]] = places_[order_[i]];
    return out;
  }

 private:
  double Sum(const std::vector<double>& values, const std::vector<size_t>& order) const {
    double sum = 0;
    for (size_t i = 0; i < order.size(); ++i) sum += values[order[i]] * discounts_[i];
    return sum;
  }

  std::vector<size_t> OrderFor(double weight) const {
    std::vector<size_t> order(places_.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      const double left = margin_[a] + weight * relevance_[a], right = margin_[b] + weight * relevance_[b];
      return left != right ? left > right : relevance_[a] > relevance_[b];
    });
    return order;
  }

  // One weight within each interval on which the order is the same, ascending.
  std::vector<double> Weights() const {
    std::vector<double> turns = {0};
    for (size_t i = 0; i < places_.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        const double turn = (margin_[i] - margin_[j]) / (relevance_[j] - relevance_[i]);
        if (std::isfinite(turn) && turn > 0) turns.push_back(turn);
      }
    }
    std::sort(turns.begin(), turns.end());
    turns.erase(std::unique(turns.begin(), turns.end()), turns.end());
    std::vector<double> weights = {0};
    for (size_t i = 0; i + 1 < turns.size(); ++i) weights.push_back((turns[i] + turns[i + 1]) / 2);
    weights.push_back(2 * turns.back() + 1);
    return weights;
  }

  void Choose() {
    const std::vector<double> weights = Weights();
    const auto keeps = [&](double weight) { return Sum(relevance_, OrderFor(weight)) >= least_; };
    const auto chosen = std::partition_point(weights.begin(), weights.end(), [&](double w) { return !keeps(w); });
    if (chosen == weights.end()) return;  // by rounding: nothing moves
    std::vector<size_t> order = OrderFor(*chosen);
    if (Sum(margin_, order) > Sum(margin_, order_)) order_ = std::move(order);
  }

  bool SwapBest() {
    const double relevance = Sum(relevance_, order_);
    double best = kRounding;
    std::pair<size_t, size_t> swap;
    for (size_t i = 0; i < order_.size(); ++i) {
      for (size_t j = i + 1; j < order_.size(); ++j) {
        const double discount = discounts_[i] - discounts_[j];
        const double gain = discount * (margin_[order_[j]] - margin_[order_[i]]);
        const double cost = discount * (relevance_[order_[i]] - relevance_[order_[j]]);
        if (gain <= best || relevance - cost < least_) continue;
        best = gain;
        swap = {i, j};
      }
    }
    if (best <= kRounding) return false;
    std::swap(order_[swap.first], order_[swap.second]);
    return true;
  }

  std::vector<size_t> places_;
  std::vector<double> discounts_, relevance_, margin_;  // margins over the largest
  std::vector<size_t> order_;                           // by free place: free items
  double before_ = 0, least_ = 0, scale_ = 0;
};

}  // namespace

MarginOrder OrderByMargin(absl::Span<const MarginItem> items, double max_loss) {
  return FreePage(items, max_loss).Run(items.size());
}

}  // namespace kontor::search
