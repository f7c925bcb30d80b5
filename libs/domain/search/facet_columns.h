#pragma once

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "libs/domain/search/column.h"
#include "libs/domain/search/index_bits.h"

// How the values of a property are counted in large sets, where looking at each document's row is slow.
namespace kontor::search {

struct Segment;

// The values of one property, or of one level of the categories, of which a document has at most one. Kept in the first
// of three ways that is small: runs of documents with the same value, a bitmap for each value, a value for each
// document.
struct FacetColumn {
  uint32_t property = 0;
  std::vector<uint32_t> values;  // by ordinal; the first stands for none
  std::vector<uint32_t> run_begin;
  std::vector<uint16_t> run_ordinals;
  std::vector<uint64_t> bitmaps;   // WordsFor(documents) words for each ordinal above 0
  std::vector<uint16_t> ordinals;  // by document
};

struct FacetColumns {
  std::vector<FacetColumn> columns;  // by property, then level
  // Values of the other properties: they occur in few documents, or several in one.
  absl::flat_hash_map<uint32_t, std::vector<uint32_t>> lists;

  size_t Bytes() const;
};

FacetColumns MakeFacetColumns(const ValueDictionary& values, const Segment& segment);

// Adds how often the values of the properties occur among the documents of `bits` to counters, by value; other values'
// counters may be added to as well. `documents` is how many bits are set.
void AddCounts(const Segment& segment, BitSpan bits, uint64_t documents, absl::Span<const uint32_t> properties,
               absl::Span<uint32_t> counters);

// Bits that both have; of one size.
uint64_t CountBoth(BitSpan a, BitSpan b);

}  // namespace kontor::search
