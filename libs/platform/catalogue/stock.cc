#include "libs/platform/catalogue/stock.h"

#include <algorithm>
#include <limits>

#include "absl/numeric/int128.h"
#include "libs/base/hash.h"

namespace kontor::catalogue {

const Stock::Location* Stock::Find(uint64_t name) const {
  const auto found =
      std::find_if(locations_.begin(), locations_.end(), [&](const Location& known) { return known.name == name; });
  return found == locations_.end() ? nullptr : &*found;
}

bool Stock::IsOvertaken(uint64_t location, absl::Time at) const {
  const Location* counted = Find(location);
  return counted != nullptr && at <= counted->counted_at;
}

bool Stock::Apply(const StockLevel& level) {
  const uint64_t name = base::StableHash(level.location);
  const Location next{name, level.revision, level.free.nanos, level.counted_at};
  if (const Location* known = Find(name); known == nullptr) {
    locations_.push_back(next);
  } else if (level.revision > known->revision) {
    locations_[static_cast<size_t>(known - locations_.data())] = next;
  } else {
    return false;
  }
  const auto is_forgotten = [&](const Correction& c) {
    return !c.is_revised && c.location == name && c.at <= level.counted_at;
  };
  corrections_.erase(std::remove_if(corrections_.begin(), corrections_.end(), is_forgotten), corrections_.end());
  return true;
}

bool Stock::Apply(const StockChange& change) {
  const uint64_t location = base::StableHash(change.location), id = base::StableHash(change.id);
  const auto known =
      std::find_if(corrections_.begin(), corrections_.end(), [&](const Correction& c) { return c.id == id; });
  const bool is_known = known != corrections_.end();
  if (is_known ? change.revision <= known->revision : IsOvertaken(location, change.changed_at)) return false;
  const Correction next{id, location, change.revision, change.change.nanos, change.changed_at, is_known};
  if (is_known) {
    *known = next;
  } else {
    corrections_.push_back(next);
  }
  return true;
}

std::optional<int64_t> Stock::Free() const {
  if (locations_.empty()) return std::nullopt;
  absl::int128 sum = 0;
  for (const Location& location : locations_) sum += location.nanos;
  for (const Correction& correction : corrections_) {
    const bool counts = Find(correction.location) != nullptr && !IsOvertaken(correction.location, correction.at);
    if (counts) sum += correction.nanos;
  }
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
  }
  out.Value<uint32_t>(static_cast<uint32_t>(corrections_.size()));
  for (const Correction& correction : corrections_) {
    out.Value(correction.id);
    out.Value(correction.location);
    out.Value(correction.revision);
    out.Value(correction.nanos);
    out.Value(absl::ToUnixMicros(correction.at));
    out.Value<uint8_t>(correction.is_revised);
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
  }
  const auto corrections = in.Value<uint32_t>();
  for (uint32_t i = 0; i < corrections && in.status().ok(); ++i) {
    Correction& correction = stock.corrections_.emplace_back();
    correction.id = in.Value<uint64_t>();
    correction.location = in.Value<uint64_t>();
    correction.revision = in.Value<int64_t>();
    correction.nanos = in.Value<int64_t>();
    correction.at = absl::FromUnixMicros(in.Value<int64_t>());
    correction.is_revised = in.Value<uint8_t>() != 0;
  }
  return stock;
}

}  // namespace kontor::catalogue
