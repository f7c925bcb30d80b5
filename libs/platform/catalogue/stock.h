#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/platform/catalogue/records.h"

namespace kontor::catalogue {

// The stock of one product over its locations, from levels and corrections in any order: of each the highest revision
// counts, and a correction adds to the level of its location when it was made after that was counted. Corrections that
// a level has overtaken are forgotten: a later level that was counted before them would miss them until the next start.
// About 50 bytes a location and a live correction. Not thread-safe.
class Stock {
 public:
  // False when it changes nothing.
  bool Apply(const StockLevel& level);
  bool Apply(const StockChange& change);

  // Nanos; nothing while no location has a level: unknown is not 0.
  std::optional<int64_t> Free() const;

  void Save(base::ByteWriter& out) const;
  // Errors stay in the reader.
  static Stock Load(base::ByteReader& in);

 private:
  struct Correction {
    uint64_t id;  // StableHash
    int64_t revision;
    int64_t nanos;
    absl::Time at;
  };
  struct Location {
    uint64_t name;          // StableHash
    int64_t revision = -1;  // of the level; -1: none yet
    int64_t nanos = 0;
    absl::Time counted_at = absl::InfinitePast();
    std::vector<Correction> corrections;
  };
  Location& At(const std::string& location);

  std::vector<Location> locations_;
};

}  // namespace kontor::catalogue
