#include <algorithm>
#include <numeric>

#include "libs/domain/search/segment_builder.h"

namespace kontor::search {
namespace {

constexpr uint32_t kFewest = 256;     // documents of a segment that has bitmaps
constexpr uint32_t kDenseShare = 64;  // of the documents: one in so many

// Visits the terms of every document in order: visit(doc, term, field).
template <typename F>
void ForEachTerm(const Segment& segment, F visit) {
  for (uint32_t doc = 0; doc < segment.documents; ++doc) {
    size_t field = 0;
    for (uint32_t entry : segment.Forward(doc)) {
      const uint32_t term = entry & ~kSamePlace;
      if (term < kMarks) {
        visit(doc, term, field);
      } else if (term != kGap) {
        field = term - kMarks;
      }
    }
  }
}

void CountPostings(Segment& segment) {
  std::vector<uint32_t> last(segment.terms.size(), ~uint32_t{0});
  segment.posting_begin.assign(segment.terms.size() + 1, 0);
  ForEachTerm(segment, [&](uint32_t doc, uint32_t term, size_t) {
    if (last[term] == doc) return;
    last[term] = doc;
    ++segment.posting_begin[term + 1];
  });
  std::partial_sum(segment.posting_begin.begin(), segment.posting_begin.end(), segment.posting_begin.begin());
}

void FillPostings(Segment& segment) {
  segment.posting_docs.resize(segment.posting_begin.back());
  segment.posting_frequencies.assign(segment.posting_begin.back(), 0);
  std::vector<uint64_t> end(segment.posting_begin.begin(), segment.posting_begin.end() - 1);
  ForEachTerm(segment, [&](uint32_t doc, uint32_t term, size_t field) {
    uint64_t& at = end[term];
    const bool same = at > segment.posting_begin[term] && segment.posting_docs[at - 1] == doc;
    if (!same) segment.posting_docs[at++] = doc;
    AddOne(segment.posting_frequencies[at - 1], field);
  });
}

void FillBlocks(Segment& segment) {
  const size_t terms = segment.terms.size();
  segment.block_begin.assign(terms + 1, 0);
  for (size_t term = 0; term < terms; ++term) {
    const uint64_t postings = segment.posting_begin[term + 1] - segment.posting_begin[term];
    segment.block_begin[term + 1] = segment.block_begin[term] + (postings + kBlockPostings - 1) / kBlockPostings;
  }
  segment.blocks.assign(segment.block_begin.back(), {});
  segment.term_blocks.assign(terms, {});
  for (size_t term = 0; term < terms; ++term) {
    const uint64_t begin = segment.posting_begin[term];
    for (uint64_t i = begin; i < segment.posting_begin[term + 1]; ++i) {
      segment.blocks[segment.block_begin[term] + (i - begin) / kBlockPostings].Add(
          segment.posting_frequencies[i], segment.lengths[segment.posting_docs[i]]);
    }
    for (uint64_t i = segment.block_begin[term]; i < segment.block_begin[term + 1]; ++i) {
      segment.term_blocks[term].Add(segment.blocks[i]);
    }
  }
}

void FillBitmaps(Segment& segment) {
  if (segment.documents < kFewest) return;
  const size_t words = WordsFor(segment.documents), entries = segment.RankEntries();
  std::vector<uint32_t> dense;
  for (uint32_t term = 0; term < segment.terms.size(); ++term) {
    const uint64_t postings = segment.posting_begin[term + 1] - segment.posting_begin[term];
    if (postings > segment.documents / kDenseShare) dense.push_back(term);
  }
  segment.bitmaps.assign(dense.size() * words, 0);
  segment.ranks.assign(dense.size() * entries, 0);
  for (uint32_t i = 0; i < dense.size(); ++i) {
    segment.dense.emplace(dense[i], i);
    const absl::Span<uint64_t> bitmap = absl::MakeSpan(segment.bitmaps).subspan(i * words, words);
    for (uint64_t at = segment.posting_begin[dense[i]]; at < segment.posting_begin[dense[i] + 1]; ++at) {
      SetBit(bitmap, segment.posting_docs[at]);
    }
    uint32_t rank = 0;
    for (size_t word = 0; word < words; ++word) {
      if (word % kRankWords == 0) segment.ranks[i * entries + word / kRankWords] = rank;
      rank += static_cast<uint32_t>(__builtin_popcountll(bitmap[word]));
    }
  }
}

void FillValueLists(Segment& segment) {
  segment.values = segment.doc_values;
  std::sort(segment.values.begin(), segment.values.end());
  segment.values.erase(std::unique(segment.values.begin(), segment.values.end()), segment.values.end());
  segment.values.shrink_to_fit();
  if (segment.values.empty()) {
    segment.value_docs_begin.assign(1, 0);
    return;
  }
  std::vector<uint32_t> place(segment.values.back() + 1, 0);
  for (uint32_t i = 0; i < segment.values.size(); ++i) place[segment.values[i]] = i;
  segment.value_docs_begin.assign(segment.values.size() + 1, 0);
  for (uint32_t value : segment.doc_values) ++segment.value_docs_begin[place[value] + 1];
  std::partial_sum(segment.value_docs_begin.begin(), segment.value_docs_begin.end(), segment.value_docs_begin.begin());
  std::vector<uint32_t> end(segment.value_docs_begin.begin(), segment.value_docs_begin.end() - 1);
  segment.value_docs.resize(segment.doc_values.size());
  for (uint32_t doc = 0; doc < segment.documents; ++doc) {
    for (uint32_t value : segment.ValuesOf(doc)) segment.value_docs[end[place[value]]++] = doc;
  }
}

void FillHaving(const ValueDictionary& values, Segment& segment) {
  absl::flat_hash_map<uint32_t, uint64_t> counts;
  for (size_t i = 0; i < segment.values.size(); ++i) {
    counts[values.PropertyOf(segment.values[i])] += segment.value_docs_begin[i + 1] - segment.value_docs_begin[i];
  }
  for (const auto& [property, count] : counts) {
    if (count > segment.documents / kDenseShare) segment.having[property].assign(WordsFor(segment.documents), 0);
  }
  for (uint32_t value : segment.values) {
    const auto found = segment.having.find(values.PropertyOf(value));
    if (found == segment.having.end()) continue;
    for (uint32_t doc : segment.DocsWith(value)) SetBit(absl::MakeSpan(found->second), doc);
  }
}

}  // namespace

void Invert(Segment& segment) {
  CountPostings(segment);
  FillPostings(segment);
  FillBlocks(segment);
}

void FinishLookups(const ValueDictionary& values, Segment& segment) {
  FillBitmaps(segment);
  FillValueLists(segment);
  FillHaving(values, segment);
  segment.facets = MakeFacetColumns(values, segment);
  segment.term_lookup.Build(segment.terms);
  segment.id_lookup.Build(segment.ids);
  segment.by_row.resize(segment.documents);
  std::iota(segment.by_row.begin(), segment.by_row.end(), 0U);
  std::sort(segment.by_row.begin(), segment.by_row.end(),
            [&](uint32_t a, uint32_t b) { return segment.row[a] < segment.row[b]; });
}

}  // namespace kontor::search
