#include "libs/domain/recommendations/rerank.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"

namespace kontor::recommendations {

std::vector<Scored> Rerank(std::vector<Scored>& scored, int limit, int max_per_category,
                           absl::Span<const uint32_t> item_categories) {
  const auto better = [](const Scored& a, const Scored& b) {
    return a.score != b.score ? a.score > b.score : a.item < b.item;
  };
  const auto places = static_cast<size_t>(std::max(limit, 0));
  if (max_per_category <= 0) {
    const size_t kept = std::min(places, scored.size());
    std::partial_sort(scored.begin(), scored.begin() + kept, scored.end(), better);
    return std::vector<Scored>(scored.begin(), scored.begin() + kept);
  }
  std::sort(scored.begin(), scored.end(), better);
  std::vector<Scored> out;
  absl::flat_hash_map<uint32_t, int> taken;
  for (const Scored& candidate : scored) {
    if (out.size() == places) break;
    const uint32_t category = candidate.item < item_categories.size() ? item_categories[candidate.item] : kNone;
    if (taken[category]++ < max_per_category) out.push_back(candidate);
  }
  return out;
}

}  // namespace kontor::recommendations
