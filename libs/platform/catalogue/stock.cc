#include "libs/platform/catalogue/stock.h"

#include <algorithm>
#include <limits>

#include "absl/numeric/int128.h"
#include "libs/base/hash.h"

namespace kontor::catalogue {

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

void Stock::Save(base::ByteWriter& out) const {
  out.Value<uint32_t>(static_cast<uint32_t>(locations_.size()));
  for (const Location& location : locations_) {
    out.Value(location.name);
    out.Value(location.revision);
    out.Value(location.nanos);
    out.Value(absl::ToUnixMicros(location.counted_at));
    out.Value<uint32_t>(static_cast<uint32_t>(location.corrections.size()));
    for (const Correction& correction : location.corrections) {
      out.Value(correction.id);
      out.Value(correction.revision);
      out.Value(correction.nanos);
      out.Value(absl::ToUnixMicros(correction.at));
    }
  }
}

Stock Stock::Load(base::ByteReader& in) {
  Stock stock;
  const auto locations = in.Value<uint32_t>();
  for (uint32_t i = 0; i < locations && in.status().ok(); ++i) {
    Location& location = stock.locations_.emplace_back();
    location.name = in.Value<uint64_t>();
    location.revision = in.Value<int64_t>();
    location.nanos = in.Value<int64_t>();
    location.counted_at = absl::FromUnixMicros(in.Value<int64_t>());
    const auto corrections = in.Value<uint32_t>();
    for (uint32_t c = 0; c < corrections && in.status().ok(); ++c) {
      Correction& correction = location.corrections.emplace_back();
      correction.id = in.Value<uint64_t>();
      correction.revision = in.Value<int64_t>();
      correction.nanos = in.Value<int64_t>();
      correction.at = absl::FromUnixMicros(in.Value<int64_t>());
    }
  }
  return stock;
}

}  // namespace kontor::catalogue
