#include "libs/domain/search/segment.h"

#include <algorithm>
#include <utility>

#include "absl/hash/hash.h"

namespace kontor::search {
namespace {

template <typename T>
size_t BytesOf(const std::vector<T>& values) {
  return values.capacity() * sizeof(T);
}

size_t HashOf(absl::string_view text) { return absl::Hash<absl::string_view>()(text); }

bool IsMark(uint32_t entry) { return (entry & ~kSamePlace) >= kMarks; }

// Whether the terms stand from `at` on, one place after another.
bool StandsAt(absl::Span<const uint32_t> forward, size_t at, absl::Span<const uint32_t> terms) {
  for (size_t i = 0; i < terms.size(); ++i) {
    if (at >= forward.size() || IsMark(forward[at])) return false;
    bool found = forward[at] == terms[i];
    for (++at; at < forward.size() && (forward[at] & kSamePlace) != 0; ++at) {
      found |= (forward[at] & ~kSamePlace) == terms[i];
    }
    if (!found) return false;
  }
  return true;
}

}  // namespace

void StringLookup::Build(const StringTable& texts) {
  size_t size = 2;
  while (size < 2 * texts.size()) size *= 2;
  slots_.assign(size, kNone);
  for (uint32_t i = 0; i < texts.size(); ++i) {
    size_t slot = HashOf(texts[i]) & (size - 1);
    while (slots_[slot] != kNone) slot = (slot + 1) & (size - 1);
    slots_[slot] = i;
  }
}

uint32_t StringLookup::Find(const StringTable& texts, absl::string_view text) const {
  if (slots_.empty()) return kNone;
  for (size_t slot = HashOf(text) & (slots_.size() - 1);; slot = (slot + 1) & (slots_.size() - 1)) {
    const uint32_t number = slots_[slot];
    if (number == kNone || texts[number] == text) return number;
  }
}

PostingList Segment::Postings(uint32_t term) const {
  PostingList list;
  const size_t begin = posting_begin[term], size = posting_begin[term + 1] - begin;
  list.docs = absl::MakeConstSpan(posting_docs).subspan(begin, size);
  list.frequencies = absl::MakeConstSpan(posting_frequencies).subspan(begin, size);
  list.blocks = absl::MakeConstSpan(blocks).subspan(block_begin[term], block_begin[term + 1] - block_begin[term]);
  list.all = term_blocks[term];
  if (const auto found = dense.find(term); found != dense.end()) {
    const size_t words = WordsFor(documents);
    list.bitmap = absl::MakeConstSpan(bitmaps).subspan(found->second * words, words);
    list.ranks = absl::MakeConstSpan(ranks).subspan(found->second * RankEntries(), RankEntries());
  }
  return list;
}

std::pair<uint32_t, uint32_t> Segment::Prefix(absl::string_view prefix) const {
  const auto boundary = [&](bool behind) {
    uint32_t low = 0, high = static_cast<uint32_t>(terms.size());
    while (low < high) {
      const uint32_t middle = low + (high - low) / 2;
      const absl::string_view head = terms[middle].substr(0, prefix.size());
      if (head < prefix || (behind && head == prefix)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  };
  return {boundary(false), boundary(true)};
}

absl::Span<const uint32_t> Segment::DocsWith(uint32_t value) const {
  const auto found = std::lower_bound(values.begin(), values.end(), value);
  if (found == values.end() || *found != value) return {};
  const auto i = static_cast<size_t>(found - values.begin());
  return absl::MakeConstSpan(value_docs).subspan(value_docs_begin[i], value_docs_begin[i + 1] - value_docs_begin[i]);
}

const NumberColumn* Segment::Numbers(uint32_t property) const {
  for (const NumberColumn& column : numbers) {
    if (column.property == property) return &column;
  }
  return nullptr;
}

uint32_t Segment::FindRow(uint32_t row_number) const {
  const auto found = std::lower_bound(by_row.begin(), by_row.end(), row_number,
                                      [this](uint32_t doc, uint32_t wanted) { return row[doc] < wanted; });
  return found == by_row.end() || row[*found] != row_number ? StringLookup::kNone : *found;
}

size_t Segment::Bytes() const {
  size_t bytes = terms.Bytes() + term_lookup.Bytes() + BytesOf(posting_begin) + BytesOf(posting_docs) +
                 BytesOf(posting_frequencies) + BytesOf(block_begin) + BytesOf(blocks) + BytesOf(term_blocks) +
                 dense.capacity() * 9 + BytesOf(bitmaps) + BytesOf(ranks) + BytesOf(forward_begin) + BytesOf(forward) +
                 BytesOf(lengths) + BytesOf(sequence) + BytesOf(row) + BytesOf(group) + BytesOf(available_at_us) +
                 BytesOf(title_head) + ids.Bytes() + titles.Bytes() + id_lookup.Bytes() + BytesOf(by_row) +
                 documents * LiveColumns::kBytes + BytesOf(value_begin) + BytesOf(doc_values) + BytesOf(values) +
                 BytesOf(value_docs_begin) + BytesOf(value_docs) + facets.Bytes();
  for (const NumberColumn& column : numbers) bytes += BytesOf(column.docs) + BytesOf(column.numbers);
  for (const auto& [property, bits] : having) bytes += BytesOf(bits);
  base::MutexLock lock(filters_mutex_);
  for (const auto& [key, bits] : filters_) bytes += key.size() + BytesOf(*bits);
  return bytes;
}

std::shared_ptr<const Bits> Segment::RememberedFilter(const std::string& key) const {
  base::MutexLock lock(filters_mutex_);
  const auto found = filters_.find(key);
  return found == filters_.end() ? nullptr : found->second;
}

void Segment::RememberFilter(const std::string& key, std::shared_ptr<const Bits> bits) const {
  base::MutexLock lock(filters_mutex_);
  if (!filters_.try_emplace(key, std::move(bits)).second) return;
  filter_order_.push_back(key);
  if (filter_order_.size() <= kRememberedFilters) return;
  filters_.erase(filter_order_.front());
  filter_order_.erase(filter_order_.begin());
}

Frequencies PhraseFrequencies(absl::Span<const uint32_t> forward, absl::Span<const uint32_t> terms) {
  Frequencies frequencies = 0;
  size_t field = 0;
  for (size_t at = 0; at < forward.size(); ++at) {
    if (IsMark(forward[at])) {
      if (forward[at] != kGap) field = forward[at] - kMarks;
    } else if ((forward[at] & kSamePlace) == 0 && StandsAt(forward, at, terms)) {
      AddOne(frequencies, field);
    }
  }
  return frequencies;
}

}  // namespace kontor::search
