#include "services/recommendations/stock.h"

#include <algorithm>
#include <limits>

#include "absl/numeric/int128.h"
#include "libs/base/hash.h"

namespace kontor::recommendations {

Stock::Location& Stock::At(const std::string& location) {
  const uint64_t name = base::StableHash(location);
  for (Location& known : locations_) {
    if (known.name == name) return known;
  }
  locations_.push_back({name, -1, 0, absl::InfinitePast(), {}});
  return locations_.back();
}

bool Stock::Apply(const StockLevel& level) {
  Location& location = At(level.location);
  if (level.revision <= location.revision) return false;
  location.revision = level.revision;
  location.nanos = level.free.nanos;
  location.counted_at = level.counted_at;
  auto& corrections = location.corrections;
  corrections.erase(std::remove_if(corrections.begin(), corrections.end(),
                                   [&](const Correction& c) { return c.at <= location.counted_at; }),
                    corrections.end());
  return true;
}

bool Stock::Apply(const StockChange& change) {
  Location& location = At(change.location);
  if (change.changed_at <= location.counted_at) return false;
  const uint64_t id = base::StableHash(change.id);
  for (Correction& known : location.corrections) {
    if (known.id != id) continue;
    if (change.revision <= known.revision) return false;
    known = {id, change.revision, change.change.nanos, change.changed_at};
    return true;
  }
  location.corrections.push_back({id, change.revision, change.change.nanos, change.changed_at});
  return true;
}

std::optional<int64_t> Stock::Free() const {
  absl::int128 sum = 0;
  bool known = false;
  for (const Location& location : locations_) {
    if (location.revision < 0) continue;
    known = true;
    sum += location.nanos;
    for (const Correction& correction : location.corrections) sum += correction.nanos;
  }
  if (!known) return std::nullopt;
  constexpr absl::int128 kMost = std::numeric_limits<int64_t>::max();
  return static_cast<int64_t>(std::clamp(sum, -kMost, kMost));
}

}  // namespace kontor::recommendations
