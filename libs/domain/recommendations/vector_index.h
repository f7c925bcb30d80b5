#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "libs/base/bytes.h"
#include "libs/domain/recommendations/types.h"
#include "libs/domain/recommendations/vector_kernels.h"

namespace kontor::recommendations {

struct ScoredItem {
  ItemId item = 0;
  float score = 0;
};

// The items whose vectors have the largest inner product with a query's, exactly: score(i) = query · vector(i) +
// bias(i). A first pass reads every allowed item in 6 bits a coordinate (3/4 of a byte; multiplied as 8 bits) and
// bounds its score by Cauchy and Schwarz,
//   |exact - approximate| <= |query| |vector - rounded vector| + |query - rounded query| |rounded vector|,
// so that whatever the bounds leave open, and so all of the best, is scored again in float. Immutable, thread-safe.
// Memory: 4.75 bytes a coordinate and about 10 an item. Cost: reading 3/4 of a byte a coordinate, less where a filter
// refuses all of 16 items in a row; `bench_recommendations` prints int8_scan_ms beside the memory's ceiling.
class VectorIndex {
 public:
  static constexpr size_t kMaxDimensions = 4096;
  static constexpr float kMaxCoordinate = 1e6F;  // larger and non-finite ones are clamped

  VectorIndex() = default;
  // `vectors`: items × dimensions; `biases`: one an item, or none. dimensions is within 1 … kMaxDimensions.
  VectorIndex(std::vector<float> vectors, std::vector<float> biases, size_t dimensions);

  uint32_t size() const { return dimensions_ == 0 ? 0 : static_cast<uint32_t>(vectors_.size() / dimensions_); }
  size_t dimensions() const { return dimensions_; }
  absl::Span<const float> VectorOf(ItemId item) const {
    return absl::MakeConstSpan(vectors_).subspan(item * dimensions_, dimensions_);
  }
  float Score(absl::Span<const float> query, ItemId item) const;

  // Which items may be answered: bit i of word i / 64 stands for item i, items beyond the words are refused.
  struct Filter {
    bool filtered = false;  // false allows all
    absl::Span<const uint64_t> allowed;
  };

  // The `k` best allowed items, best first, smaller items first among equals. `query` has dimensions() numbers, all
  // finite. The answer does not depend on the kernel.
  std::vector<ScoredItem> Top(absl::Span<const float> query, size_t k, const Filter& filter) const {
    return Top(query, k, filter, BestScanKernel());
  }
  std::vector<ScoredItem> Top(absl::Span<const float> query, size_t k, const Filter& filter, ScanKernel kernel) const;

  void Save(base::ByteWriter& out) const;
  // At most `item_count` vectors.
  static VectorIndex Load(base::ByteReader& in, uint32_t item_count);

 private:
  struct Free {
    void operator()(uint8_t* bytes) const;
  };
  void Pack();
  // The k best of what scores `floor` or more: all of the k best where that many do.
  std::vector<ScoredItem> TopAbove(absl::Span<const float> query, size_t k, const Scan& scan, float floor,
                                   ScanKernel kernel) const;
  void PackItem(ItemId item, absl::Span<int8_t> coordinates);

  size_t dimensions_ = 0;
  std::vector<float> vectors_, biases_;

  size_t quads_ = 0;
  std::unique_ptr<uint8_t, Free> codes_;
  std::vector<float> scales_, padded_biases_;                         // by item, up to whole blocks
  std::vector<float> rounding_errors_, rounded_norms_, bias_errors_;  // by block, the largest
};

}  // namespace kontor::recommendations
