#include "libs/domain/search/index_view.h"

#include <utility>

namespace kontor::search {

IndexView::IndexView(std::vector<Part> parts, std::shared_ptr<const ValueDictionary> values, uint64_t generation)
    : parts_(std::move(parts)), values_(std::move(values)), generation_(generation) {
  std::array<uint64_t, kFields> tokens{};
  for (const Part& part : parts_) {
    documents_ += part.alive_count;
    for (size_t field = 0; field < kFields; ++field) tokens[field] += part.tokens[field];
  }
  for (size_t field = 0; field < kFields; ++field) {
    averages_[field] = tokens[field] == 0 ? 1 : static_cast<double>(tokens[field]) / static_cast<double>(documents_);
  }
}

uint64_t IndexView::DocumentFrequency(absl::string_view term) const {
  uint64_t count = 0;
  for (const Part& part : parts_) {
    const uint32_t number = part.segment->FindTerm(term);
    if (number != StringLookup::kNone) {
      count += part.segment->posting_begin[number + 1] - part.segment->posting_begin[number];
    }
  }
  return count;
}

void IndexView::VisitTerms(absl::string_view prefix, absl::FunctionRef<bool(absl::string_view, uint64_t)> visit) const {
  for (const Part& part : parts_) {
    const auto [first, last] = part.segment->Prefix(prefix);
    for (uint32_t term = first; term < last; ++term) {
      const uint64_t postings = part.segment->posting_begin[term + 1] - part.segment->posting_begin[term];
      if (!visit(part.segment->terms[term], postings)) return;
    }
  }
}

std::optional<DocRef> IndexView::Find(absl::string_view id) const {
  for (uint32_t part = 0; part < parts_.size(); ++part) {
    const uint32_t doc = parts_[part].segment->FindId(id);
    if (doc != StringLookup::kNone && TestBit(*parts_[part].alive, doc)) return DocRef{part, doc};
  }
  return std::nullopt;
}

std::optional<DocRef> IndexView::FindRow(uint32_t row) const {
  for (uint32_t part = 0; part < parts_.size(); ++part) {
    const uint32_t doc = parts_[part].segment->FindRow(row);
    if (doc != StringLookup::kNone && TestBit(*parts_[part].alive, doc)) return DocRef{part, doc};
  }
  return std::nullopt;
}

absl::string_view IndexView::GroupId(DocRef doc) const {
  const uint32_t group = segment(doc.segment).group[doc.doc];
  return group == ValueDictionary::kNone ? absl::string_view() : absl::string_view(values_->Text(group));
}

std::vector<absl::string_view> IndexView::ValuesOf(DocRef doc, const Property& property) const {
  std::vector<absl::string_view> texts;
  const uint32_t number = values_->FindProperty(property);
  for (uint32_t value : segment(doc.segment).ValuesOf(doc.doc)) {
    if (values_->PropertyOf(value) == number) texts.emplace_back(values_->Text(value));
  }
  return texts;
}

std::vector<absl::string_view> IndexView::TermsOf(DocRef doc, Field field) const {
  std::vector<absl::string_view> terms;
  uint32_t current = FieldMark(0);
  for (uint32_t entry : segment(doc.segment).Forward(doc.doc)) {
    if (entry == kGap) continue;
    if ((entry & ~kSamePlace) >= kMarks) {
      current = entry;
    } else if (current == FieldMark(static_cast<size_t>(field)) && (entry & kSamePlace) == 0) {
      terms.push_back(segment(doc.segment).terms[entry]);
    }
  }
  return terms;
}

size_t IndexView::Bytes() const {
  size_t bytes = values_->Bytes();
  for (const Part& part : parts_) bytes += part.segment->Bytes() + part.alive->capacity() * sizeof(uint64_t);
  return bytes;
}

}  // namespace kontor::search
