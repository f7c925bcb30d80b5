#include "libs/domain/recommendations/quality.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "libs/domain/stats/distribution.h"

namespace kontor::recommendations {
namespace {

// By item on sale.
std::vector<int64_t> OnSale(const ItemFacts& facts, const Exposures& exposures) {
  std::vector<int64_t> times;
  auto next = exposures.begin();
  for (ItemId item = 0; item < facts.items(); ++item) {
    while (next != exposures.end() && next->first < item) ++next;
    if (!facts.sold(item)) continue;
    times.push_back(next != exposures.end() && next->first == item ? next->second : 0);
  }
  return times;
}

}  // namespace

std::optional<double> CatalogueCoverage(const ItemFacts& facts, const Exposures& exposures) {
  const std::vector<int64_t> times = OnSale(facts, exposures);
  if (times.empty()) return std::nullopt;
  const auto shown = std::count_if(times.begin(), times.end(), [](int64_t count) { return count > 0; });
  return static_cast<double>(shown) / static_cast<double>(times.size());
}

std::optional<double> ExposureGini(const ItemFacts& facts, const Exposures& exposures) {
  std::vector<int64_t> times = OnSale(facts, exposures);
  if (times.empty()) return std::nullopt;
  return stats::Gini(std::move(times));
}

std::optional<double> Novelty(const Model& model, const Exposures& exposures) {
  if (model.counts.baskets == 0) return std::nullopt;
  const double least = 0.5 / static_cast<double>(model.counts.baskets);
  double bits = 0;
  int64_t all = 0;
  for (const auto& [item, times] : exposures) {
    const double share = item < model.items() ? model.popularity().Share(kNone, item) : 0;
    bits -= static_cast<double>(times) * std::log2(std::max(share, least));
    all += times;
  }
  if (all == 0) return std::nullopt;
  return bits / static_cast<double>(all);
}

std::optional<double> IntraListDistance(const ItemFacts& facts, absl::Span<const ItemId> list) {
  double sum = 0;
  int pairs = 0;
  for (size_t a = 0; a < list.size(); ++a) {
    for (size_t b = a + 1; b < list.size(); ++b) {
      if (list[a] == kNone || list[b] == kNone) continue;
      sum += 1 - static_cast<double>(FactSimilarity(facts, list[a], list[b]));
      ++pairs;
    }
  }
  if (pairs == 0) return std::nullopt;
  return sum / pairs;
}

}  // namespace kontor::recommendations
