#include "libs/domain/recommendations/sequential_rules.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace kontor::recommendations {
namespace {

// For each item the baskets that hold it.
struct Occurrences {
  std::vector<uint64_t> offsets;
  std::vector<uint32_t> baskets;
  std::vector<uint32_t> user_end;  // by basket: one behind its customer's last
};

Occurrences FindOccurrences(const Baskets& baskets) {
  Occurrences out;
  out.offsets.assign(baskets.item_count() + size_t{1}, 0);
  for (uint32_t basket = 0; basket < baskets.size(); ++basket) {
    for (const ItemId item : baskets.At(basket).items) ++out.offsets[item + 1];
  }
  for (uint32_t item = 0; item < baskets.item_count(); ++item) out.offsets[item + 1] += out.offsets[item];
  out.baskets.resize(baskets.lines());
  std::vector<uint64_t> next(out.offsets.begin(), out.offsets.end() - 1);
  for (uint32_t user = 0; user < baskets.users(); ++user) {
    const history::Range range = baskets.OfUser(user);
    for (uint32_t basket = range.begin; basket < range.end; ++basket) {
      for (const ItemId item : baskets.At(basket).items) out.baskets[next[item]++] = basket;
    }
    out.user_end.insert(out.user_end.end(), range.size(), range.end);
  }
  return out;
}

}  // namespace

ItemTable TrainSequentialRules(const Baskets& baskets, const SequentialRulesOptions& options) {
  const Occurrences found = FindOccurrences(baskets);
  const auto frequency = [&](ItemId item) {
    return static_cast<double>(found.offsets[item + 1] - found.offsets[item]);
  };
  const auto train = [&](ItemId item, ScoreVector& sums) {
    for (uint64_t at = found.offsets[item]; at < found.offsets[item + 1]; ++at) {
      const uint32_t basket = found.baskets[at];
      const uint32_t end = std::min(found.user_end[basket], basket + 1 + options.window);
      for (uint32_t later = basket + 1; later < end; ++later) {
        const absl::Span<const ItemId> items = baskets.At(later).items;
        for (const ItemId other : items.subspan(0, std::min<size_t>(items.size(), options.max_basket))) {
          sums.Add(other, 1.0F / static_cast<float>(later - basket));
        }
      }
    }
    std::vector<ItemTable::Entry> row;
    const double from = std::pow(frequency(item), options.from_power);
    for (const ItemId other : sums.touched()) {
      if (other == item) continue;
      row.push_back({other, static_cast<float>(sums[other] / (from * std::pow(frequency(other), options.to_power)))});
    }
    KeepHeaviest(static_cast<size_t>(options.max_row), row);
    return row;
  };
  return TrainRows(baskets.item_count(), options.threads, train);
}

}  // namespace kontor::recommendations
