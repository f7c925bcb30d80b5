#include "libs/domain/recommendations/baskets.h"

#include <algorithm>

namespace kontor::recommendations {

Baskets Baskets::FromHistory(const history::History& history, uint32_t items) {
  Baskets out(items);
  out.items_.reserve(history.rows());
  std::vector<ItemId> bought;
  for (uint32_t user = 0; user < history.users(); ++user) {
    const history::Range range = history.BasketsOf(user);
    for (uint32_t basket = range.begin; basket < range.end; ++basket) {
      const history::Range rows = history.RowsOfBasket(basket);
      bought.clear();
      for (uint32_t row = rows.begin; row < rows.end; ++row) {
        if (history.kinds()[row] == history::Kind::kPurchase && history.weights()[row] > 0 &&
            history.items()[row] < items) {
          bought.push_back(history.items()[row]);
        }
      }
      if (!bought.empty()) out.AddBasket(history.BasketTime(basket), history.BasketContext(basket), bought);
    }
    out.EndUser();
  }
  return out;
}

void Baskets::AddBasket(int64_t time_seconds, ContextId context, std::vector<ItemId> items) {
  std::sort(items.begin(), items.end());
  items.erase(std::unique(items.begin(), items.end()), items.end());
  items_.insert(items_.end(), items.begin(), items.end());
  basket_items_.push_back(static_cast<uint32_t>(items_.size()));
  times_.push_back(time_seconds);
  contexts_.push_back(context);
}

Basket Baskets::At(uint32_t basket) const {
  const uint32_t begin = basket_items_[basket];
  return {times_[basket], contexts_[basket],
          absl::MakeConstSpan(items_).subspan(begin, basket_items_[basket + 1] - begin)};
}

int64_t Baskets::newest_seconds() const { return times_.empty() ? 0 : *std::max_element(times_.begin(), times_.end()); }

std::vector<PastBasket> Baskets::PastOf(uint32_t user, size_t limit) const {
  std::vector<PastBasket> past;
  const history::Range range = OfUser(user);
  for (uint32_t basket = range.end; basket > range.begin && past.size() < limit; --basket) {
    past.push_back({times_[basket - 1], At(basket - 1).items});
  }
  return past;
}

HoldOut HoldOutLast(const Baskets& baskets, size_t limit) {
  size_t eligible = 0;
  for (uint32_t user = 0; user < baskets.users(); ++user) eligible += baskets.OfUser(user).size() >= 2;
  HoldOut out{Baskets(baskets.item_count()), {}};
  size_t seen = 0;
  for (uint32_t user = 0; user < baskets.users(); ++user) {
    history::Range range = baskets.OfUser(user);
    if (range.size() >= 2) {
      const bool chosen = limit >= eligible || (seen + 1) * limit / eligible > seen * limit / eligible;
      ++seen;
      if (chosen) {
        const Basket last = baskets.At(--range.end);
        out.examples.push_back({user, last.context, last.time_seconds, {last.items.begin(), last.items.end()}});
      }
    }
    for (uint32_t basket = range.begin; basket < range.end; ++basket) {
      const Basket kept = baskets.At(basket);
      out.train.AddBasket(kept.time_seconds, kept.context, {kept.items.begin(), kept.items.end()});
    }
    out.train.EndUser();
  }
  return out;
}

}  // namespace kontor::recommendations
