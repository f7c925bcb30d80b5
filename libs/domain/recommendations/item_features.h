#pragma once

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "libs/base/bytes.h"
#include "libs/domain/recommendations/types.h"

namespace kontor::recommendations {

// What the catalogue says of items, as sets of features: a category, a brand, a price band, a word of the title, an
// attribute's value. Features are dense numbers of the caller. Items beyond items() have none.
class ItemFeatures {
 public:
  // Appends the next item's; sorted and freed of doubles here.
  void AppendItem(std::vector<uint32_t> features);

  uint32_t items() const { return static_cast<uint32_t>(offsets_.size() - 1); }
  uint32_t features() const { return feature_count_; }  // one more than the largest, 0 without any
  size_t size() const { return features_.size(); }
  absl::Span<const uint32_t> Of(ItemId item) const;  // ascending

  // By feature sqrt(log(1 + n / df)) for n items of which df have the feature: rare features say more. The square, as
  // the product of two items counts it, is the idf of Spärck Jones 1972.
  std::vector<float> RarityWeights() const;

  void Save(base::ByteWriter& out) const;
  static ItemFeatures Load(base::ByteReader& in, uint32_t item_count);

 private:
  uint32_t feature_count_ = 0;
  std::vector<uint64_t> offsets_ = {0};
  std::vector<uint32_t> features_;
};

}  // namespace kontor::recommendations
