#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "libs/domain/search/column.h"
#include "libs/domain/search/segment.h"

namespace kontor::search {

// A state of the index that stays as it is (live values but): what every query reads from its begin to its end.
// Thread-safe.
class IndexView {
 public:
  struct Part {
    std::shared_ptr<const Segment> segment;
    std::shared_ptr<const Bits> alive;
    uint32_t alive_count = 0;
    std::array<uint64_t, kFields> tokens{};  // of the living documents, by their length bytes
  };

  IndexView(std::vector<Part> parts, std::shared_ptr<const ValueDictionary> values, uint64_t generation);

  const std::vector<Part>& parts() const { return parts_; }
  const Segment& segment(uint32_t part) const { return *parts_[part].segment; }
  const ValueDictionary& values() const { return *values_; }
  uint64_t generation() const { return generation_; }  // grows with each published state

  // Deleted documents count in none of these.
  uint64_t documents() const { return documents_; }
  double average_length(Field field) const { return averages_[static_cast<size_t>(field)]; }  // 1 in an empty index

  // Documents that hold the term; deleted ones count until they are merged away.
  uint64_t DocumentFrequency(absl::string_view term) const;
  // Terms that begin with the prefix with their document frequencies, ascending within each segment; a term is visited
  // once for each segment that has it. Ends when `visit` is false.
  void VisitTerms(absl::string_view prefix, absl::FunctionRef<bool(absl::string_view, uint64_t)> visit) const;

  std::optional<DocRef> Find(absl::string_view id) const;  // living products only
  std::optional<DocRef> FindRow(uint32_t row) const;

  absl::string_view Id(DocRef doc) const { return segment(doc.segment).ids[doc.doc]; }
  absl::string_view Title(DocRef doc) const { return segment(doc.segment).titles[doc.doc]; }
  absl::string_view GroupId(DocRef doc) const;  // empty: a group of its own
  uint32_t Row(DocRef doc) const { return segment(doc.segment).row[doc.doc]; }
  uint64_t Sequence(DocRef doc) const { return segment(doc.segment).sequence[doc.doc]; }
  int64_t AvailableAt(DocRef doc) const { return segment(doc.segment).available_at_us[doc.doc]; }
  LiveValues Live(DocRef doc) const { return segment(doc.segment).live.Get(doc.doc); }
  // A property's values of the document, in order of their numbers; kCategory: each path from the top down.
  std::vector<absl::string_view> ValuesOf(DocRef doc, const Property& property) const;
  // The terms of a field as they stand; a term that stands where the one before stands is left out.
  std::vector<absl::string_view> TermsOf(DocRef doc, Field field) const;

  size_t Bytes() const;  // of memory, about

 private:
  std::vector<Part> parts_;
  std::shared_ptr<const ValueDictionary> values_;
  uint64_t generation_ = 0, documents_ = 0;
  std::array<double, kFields> averages_{};
};

}  // namespace kontor::search
