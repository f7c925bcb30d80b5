#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"

// The inner loops of VectorIndex, one for each instruction set.
namespace kontor::recommendations {

inline constexpr size_t kBlockItems = 16;  // scanned at once
inline constexpr size_t kQuadDims = 16;    // dimensions of three packed cache lines
inline constexpr int kItemLevels = 31;     // a coordinate of an item is a whole number within -31 … 31
inline constexpr int kQueryLevels = 127;   // one of the query within -127 … 127

enum class ScanKernel : uint8_t {
  kPortable = 0,
  kAvx2 = 1,
  kAvx512 = 2,  // with VNNI
};

// The fastest that this processor runs.
ScanKernel BestScanKernel();
bool Runs(ScanKernel kernel);

// Packs the coordinates of 16 items in 16 dimensions, each within -31 … 31, into three lines of 64 bytes:
// quad[item * 16 + dimension] → out[192].
void PackQuad(absl::Span<const int8_t> quad, uint8_t* out);

// A query against packed items. Block b holds the items 16 b … 16 b + 15, `quads` quads one after another.
struct Scan {
  const uint8_t* codes = nullptr;  // aligned to 64 bytes
  size_t blocks = 0;
  size_t quads = 0;
  const float* scales = nullptr;       // one an item
  const float* biases = nullptr;       // one an item, or null for none
  const float* slacks = nullptr;       // one a block: how far a score can be off
  const int8_t* query = nullptr;       // 16 coordinates a quad, within -127 … 127
  float query_scale = 1;               // a score is query_scale * scale * sum of products, plus bias
  absl::Span<const uint64_t> allowed;  // bit i of word i / 64: item i; items beyond the last word are refused
  bool filtered = false;               // false: all items are allowed, and `allowed` is not read
};

// Items that may count, with their approximate scores.
struct ScanHits {
  static constexpr size_t kFull = 256;
  size_t size = 0;
  uint32_t items[kFull + kBlockItems];
  float scores[kFull + kBlockItems];
};

// Appends the allowed items with score + slack >= floor of the blocks from `from` on, until kFull or more are there or
// the blocks end; returns the block to go on with, scan.blocks at the end. A kernel that does not run here is the
// caller's fault.
size_t CollectHits(ScanKernel kernel, const Scan& scan, size_t from, float floor, ScanHits& hits);

}  // namespace kontor::recommendations
