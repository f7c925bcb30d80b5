#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <vector>

#include "absl/types/span.h"
#include "libs/domain/search/document.h"
#include "libs/domain/search/index_bits.h"

// Lists of the documents that hold a term.
namespace kontor::search {

inline constexpr uint32_t kNoPosting = ~uint32_t{0};
inline constexpr uint32_t kMaxFrequency = 15;
inline constexpr size_t kBlockPostings = 128;
inline constexpr size_t kRankWords = 8;  // of a bitmap, for each entry of its ranks

// How often a term stands in each field: four bits a field, kTitle lowest, at most 15.
using Frequencies = uint32_t;
inline uint32_t FrequencyIn(Frequencies frequencies, size_t field) { return frequencies >> (4 * field) & 15; }
inline void AddOne(Frequencies& frequencies, size_t field) {
  if (FrequencyIn(frequencies, field) < kMaxFrequency) frequencies += Frequencies{1} << (4 * field);
}

// The length of a field in tokens as a byte: exact to 127, then in steps of 1/16 octave, rounded down; at most 30,574.
uint8_t LengthByte(uint32_t tokens);
uint32_t LengthOf(uint8_t byte);

// A byte of length for each field, kTitle lowest.
using Lengths = uint64_t;

// What bounds the score of any posting of a block under any weights: by field the largest frequency, and the smallest
// length byte of the documents that have the term there.
struct PostingBlock {
  Frequencies largest = 0;
  std::array<uint8_t, kFields> shortest{255, 255, 255, 255, 255, 255};

  void Add(Frequencies frequencies, Lengths lengths);
  void Add(const PostingBlock& other);
};

// A list within a segment (or a phrase's, made for one query), ascending by document. A view: whoever made it owns the
// arrays.
struct PostingList {
  absl::Span<const uint32_t> docs;
  absl::Span<const Frequencies> frequencies;
  absl::Span<const PostingBlock> blocks;  // one for each kBlockPostings
  PostingBlock all;                       // of the whole list
  BitSpan bitmap;                         // of dense lists, else empty
  absl::Span<const uint32_t> ranks;       // postings before word kRankWords · i of the bitmap

  bool dense() const { return !bitmap.empty(); }

  // The first posting at or after `doc`, docs.size() at the end; at or after `from`, which is such a posting of an
  // earlier document. Dense lists: constant time.
  size_t LowerBound(uint32_t doc, size_t from) const {
    if (dense()) return Rank(doc);
    const uint32_t* all_docs = docs.data();
    const size_t size = docs.size();
    size_t step = 1, low = from, high = from;
    while (high < size && all_docs[high] < doc) {
      low = high + 1;
      high += step;
      step *= 2;
    }
    high = std::min(high, size);
    return static_cast<size_t>(std::lower_bound(all_docs + low, all_docs + high, doc) - all_docs);
  }
  // The postings of documents before `doc`. Only of dense lists.
  size_t Rank(uint32_t doc) const {
    const uint64_t* words = bitmap.data();
    const size_t word = doc / 64;
    if (word >= bitmap.size()) return docs.size();
    size_t rank = ranks.data()[word / kRankWords];
    for (size_t i = word / kRankWords * kRankWords; i < word; ++i) {
      rank += static_cast<size_t>(__builtin_popcountll(words[i]));
    }
    return rank + static_cast<size_t>(__builtin_popcountll(words[word] & ((uint64_t{1} << (doc % 64)) - 1)));
  }
  // Sets the bits of the documents.
  void OrInto(absl::Span<uint64_t> bits) const;
};

// A list of its own.
struct OwnedPostings {
  std::vector<uint32_t> docs;
  std::vector<Frequencies> frequencies;
  std::vector<PostingBlock> blocks;
  PostingBlock all;

  // Of ascending documents; `lengths` by document.
  void MakeBlocks(absl::Span<const Lengths> lengths);
  PostingList View() const;
};

}  // namespace kontor::search
