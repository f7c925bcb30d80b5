#pragma once

#include <array>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "libs/domain/search/index_scoring.h"
#include "libs/domain/search/match.h"

// The best by BM25F. Score of a document: Σ over slots of weight · idf · max over its alternatives of (weight ·
// saturated tf'), times the boosts. Without slots every document has 1, so that boosts alone order it. Equal scores:
// the earlier inserted first, over all segments.
namespace kontor::search {

struct Hit {
  DocRef doc;
  float score = 0;
  uint64_t sequence = 0;
};

// A place in the ranking.
struct RankPosition {
  float score = 0;
  uint64_t sequence = 0;
};

struct TopOptions {
  Bm25fOptions bm25f;
  BoostOptions boosts;
  size_t k = 10;
  std::optional<RankPosition> after;  // only what ranks behind it
};

// The best k of the set, best first; documents of the set that no slot matches score 0 and come last. Prunes by block
// maxima (MaxScore: Turtle, Flood 1995; block maxima: Ding, Suel 2011): equal to scoring everything. Scores of a
// document are bitwise the same for every k, set and position on one view.
std::vector<Hit> Top(const PreparedQuery& query, const MatchSet& set, const TopOptions& options);

// The best k of all living documents that match at least one slot, without a set.
std::vector<Hit> TopAny(const PreparedQuery& query, const TopOptions& options);

// A score in parts.
struct SlotScore {
  float score = 0;  // weight · idf · saturated; 0: the slot does not match
  float idf = 0;
  int alternative = -1;                 // of those that the segment has, in order; the one that counts
  std::array<float, kFields> fields{};  // the summands of tf'
  Frequencies frequencies = 0;
};
struct DocScore {
  float score = 0;  // as Top's
  float boost = 1;
  std::vector<SlotScore> slots;
};
std::vector<DocScore> ScoreOf(const PreparedQuery& query, const TopOptions& options, absl::Span<const DocRef> docs);

}  // namespace kontor::search
