#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libs/base/bytes.h"
#include "libs/platform/catalogue/records.h"

namespace kontor::catalogue {

// The stock of one product over its locations, from levels and corrections in any order: of each the highest revision
// counts, and a correction adds to the level of its location when it was made after that was counted. A correction that
// a level has overtaken is forgotten unless it was revised, since an older revision must not come back: a later level
// that was counted before it would miss it until the next start. 32 bytes a location, 48 a correction. Not thread-safe.
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
  struct Location {
    uint64_t name;     // StableHash
    int64_t revision;  // of its level
    int64_t nanos;
    absl::Time counted_at;
  };
  struct Correction {
    uint64_t id;        // StableHash
    uint64_t location;  // its name
    int64_t revision;
    int64_t nanos;
    absl::Time at;
    bool is_revised;
  };
  const Location* Find(uint64_t name) const;
  bool IsOvertaken(uint64_t location, absl::Time at) const;

  std::vector<Location> locations_;
  std::vector<Correction> corrections_;
};

}  // namespace kontor::catalogue
