#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "libs/domain/search/column.h"
#include "libs/domain/search/document.h"
#include "libs/domain/search/segment.h"
#include "libs/domain/text/analyzer.h"

namespace kontor::search {

// A product with its text taken apart.
struct AnalysedProduct {
  struct Term {
    uint32_t begin = 0, size = 0;  // within `text`
    uint8_t field = 0;
    bool same_place = false;  // as the term before
    bool gap = false;         // begins a further value of its field
    bool counts = false;      // in the length of its field: first forms but units
  };
  Product product;  // without its description
  std::string text;
  std::vector<Term> terms;  // by field, as they stand
  uint16_t title_head = 0;  // as Segment::title_head
};

// `tokens` is scratch space.
AnalysedProduct AnalyseProduct(const text::Analyzer& analyzer, const Product& product,
                               std::vector<text::Token>& tokens);

// Where a document came from and went to, when segments are merged.
struct MovedDocument {
  uint32_t source = 0, from = 0, to = 0;
};

// Gathers documents, then makes a segment of them. Documents get their places by category, brand, popularity, sequence.
// Not thread-safe.
class SegmentBuilder {
 public:
  explicit SegmentBuilder(ValueDictionary& values) : values_(values) {}

  void Add(const AnalysedProduct& product, uint64_t sequence, uint32_t row, const LiveValues& live);
  // The living documents of a segment; `source` names it in moved().
  void AddSegment(uint32_t source, const Segment& segment, BitSpan alive);

  uint32_t documents() const { return static_cast<uint32_t>(docs_.size()); }
  // Uses the builder up. About 1 µs per ten terms.
  std::shared_ptr<Segment> Seal(uint64_t number);
  // After Seal: what AddSegment brought.
  const std::vector<MovedDocument>& moved() const { return moved_; }

 private:
  struct Number {
    uint32_t property, doc;
    double number;
  };
  struct Doc {
    uint64_t sequence = 0, forward_begin = 0, forward_end = 0, values_begin = 0, values_end = 0;
    uint32_t row = 0, group = 0, category = 0, brand = 0;
    int64_t available_at_us = 0;
    uint16_t title_head = 0;
    Lengths lengths = 0;
    LiveValues live;
  };

  uint32_t Intern(absl::string_view term);
  void AddTerms(const AnalysedProduct& product, Doc& doc);
  void AddValues(const Product& product, Doc& doc);
  void FindPlace(Doc& doc) const;
  std::vector<uint32_t> Order() const;
  std::vector<uint32_t> SortTerms(Segment& segment) const;
  void FillDocuments(absl::Span<const uint32_t> order, Segment& segment) const;
  void FillForward(absl::Span<const uint32_t> order, absl::Span<const uint32_t> term_numbers, Segment& segment);
  void FillValues(absl::Span<const uint32_t> order, Segment& segment) const;
  void FillNumbers(absl::Span<const uint32_t> places, Segment& segment) const;

  ValueDictionary& values_;
  absl::flat_hash_map<std::string, uint32_t> term_numbers_;
  std::vector<Doc> docs_;
  StringTable ids_, titles_;
  std::vector<uint32_t> forward_, doc_values_;
  std::vector<Number> numbers_;
  std::vector<MovedDocument> moved_;
};

// What follows from the rest of a segment: postings and their blocks from the forward index, bitmaps of frequent terms,
// the lists of values, lookups. Also after loading.
void Invert(Segment& segment);
void FinishLookups(const ValueDictionary& values, Segment& segment);

}  // namespace kontor::search
