#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/base/mutex.h"
#include "libs/domain/search/column.h"
#include "libs/domain/search/document.h"
#include "libs/domain/search/facet_columns.h"
#include "libs/domain/search/index_bits.h"
#include "libs/domain/search/postings.h"

namespace kontor::search {

// Texts one behind another.
struct StringTable {
  std::string text;
  std::vector<uint64_t> begin{0};  // one more than texts

  void Add(absl::string_view value) {
    text.append(value.data(), value.size());
    begin.push_back(text.size());
  }
  void Reserve(size_t texts, size_t bytes) {
    begin.reserve(texts + 1);
    text.reserve(bytes);
  }
  size_t size() const { return begin.size() - 1; }
  absl::string_view operator[](size_t i) const {
    return absl::string_view(text).substr(begin[i], begin[i + 1] - begin[i]);
  }
  size_t Bytes() const { return text.capacity() + begin.capacity() * sizeof(uint64_t); }
};

// A hash table of the texts of a StringTable, which are all different.
class StringLookup {
 public:
  static constexpr uint32_t kNone = ~uint32_t{0};
  void Build(const StringTable& texts);
  uint32_t Find(const StringTable& texts, absl::string_view text) const;
  size_t Bytes() const { return slots_.capacity() * sizeof(uint32_t); }

 private:
  std::vector<uint32_t> slots_;  // a power of two, at least half of them kNone
};

// The forward index holds the terms of a document as they stand: kTitle's, then those of other fields, each begun by
// its FieldMark. A term with kSamePlace stands where the one before it stands. kGap parts values of one field, over
// which no phrase reaches.
inline constexpr uint32_t kSamePlace = uint32_t{1} << 31;
inline constexpr uint32_t kMarks = 0x7fffff00;  // term numbers are smaller
inline constexpr uint32_t kGap = 0x7fffffff;
inline uint32_t FieldMark(size_t field) { return kMarks + static_cast<uint32_t>(field); }

// Numbers of one property, ascending by document; a document may have several.
struct NumberColumn {
  uint32_t property = 0;
  std::vector<uint32_t> docs;
  std::vector<double> numbers;
};

// Some of the products, as arrays. Documents stand in an order that keeps alike ones together. Immutable but for `live`
// and the memory of filters; thread-safe.
struct Segment {
  uint64_t number = 0;  // of its own within an Index
  uint32_t documents = 0;

  // Terms, ascending bytewise; a term's number is its place.
  StringTable terms;
  StringLookup term_lookup;
  std::vector<uint64_t> posting_begin;  // one more than terms
  std::vector<uint32_t> posting_docs;
  std::vector<Frequencies> posting_frequencies;
  std::vector<uint64_t> block_begin;  // one more than terms
  std::vector<PostingBlock> blocks;
  std::vector<PostingBlock> term_blocks;          // one a term: of its whole list
  absl::flat_hash_map<uint32_t, uint32_t> dense;  // term → place of its bitmap
  std::vector<uint64_t> bitmaps;                  // WordsFor(documents) words each
  std::vector<uint32_t> ranks;                    // RankEntries() each

  std::vector<uint64_t> forward_begin;  // one more than documents
  std::vector<uint32_t> forward;

  // One for each document.
  std::vector<Lengths> lengths;
  std::vector<uint64_t> sequence;  // order of first insertion, over all segments
  std::vector<uint32_t> row;       // a number that the product keeps while it exists
  std::vector<uint32_t> group;     // value of kGroup, kNone: a group of its own
  std::vector<int64_t> available_at_us;
  std::vector<uint16_t> title_head;  // TitleHead of the title; more count as 65,535
  StringTable ids, titles;
  StringLookup id_lookup;
  std::vector<uint32_t> by_row;  // documents ascending by row
  mutable LiveColumns live;

  // Values of properties: by document (ascending within one), and by value.
  std::vector<uint32_t> value_begin;  // one more than documents
  std::vector<uint32_t> doc_values;
  std::vector<uint32_t> values;            // that occur, ascending
  std::vector<uint32_t> value_docs_begin;  // one more than values
  std::vector<uint32_t> value_docs;
  absl::flat_hash_map<uint32_t, Bits> having;  // property → documents with a value, where they are many
  FacetColumns facets;
  std::vector<NumberColumn> numbers;  // ascending by property

  uint32_t FindTerm(absl::string_view term) const { return term_lookup.Find(terms, term); }
  PostingList Postings(uint32_t term) const;
  // The terms that begin with `prefix`: [first, last).
  std::pair<uint32_t, uint32_t> Prefix(absl::string_view prefix) const;
  absl::Span<const uint32_t> Forward(uint32_t doc) const {
    return {forward.data() + forward_begin[doc], forward_begin[doc + 1] - forward_begin[doc]};
  }
  absl::Span<const uint32_t> ValuesOf(uint32_t doc) const {
    return {doc_values.data() + value_begin[doc], value_begin[doc + 1] - value_begin[doc]};
  }
  absl::Span<const uint32_t> DocsWith(uint32_t value) const;
  const NumberColumn* Numbers(uint32_t property) const;  // null: none
  uint32_t FindId(absl::string_view id) const { return id_lookup.Find(ids, id); }
  uint32_t FindRow(uint32_t row_number) const;  // StringLookup::kNone: not here
  size_t RankEntries() const { return (WordsFor(documents) + kRankWords - 1) / kRankWords; }
  size_t Bytes() const;  // of memory, about

  // Results of filters by their canonical text; the oldest goes when there are many.
  std::shared_ptr<const Bits> RememberedFilter(const std::string& key) const;
  void RememberFilter(const std::string& key, std::shared_ptr<const Bits> bits) const;

 private:
  static constexpr size_t kRememberedFilters = 64;
  mutable base::Mutex filters_mutex_;
  mutable absl::flat_hash_map<std::string, std::shared_ptr<const Bits>> filters_ ABSL_GUARDED_BY(filters_mutex_);
  mutable std::vector<std::string> filter_order_ ABSL_GUARDED_BY(filters_mutex_);
};

// How often the terms, one behind another, stand in each field of a document.
Frequencies PhraseFrequencies(absl::Span<const uint32_t> forward, absl::Span<const uint32_t> terms);

}  // namespace kontor::search
