#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/domain/search/curation.h"
#include "libs/domain/search/facet.h"
#include "libs/domain/search/fusion.h"
#include "libs/domain/search/index_sort.h"
#include "libs/domain/search/index_top.h"
#include "libs/domain/search/index_view.h"
#include "libs/domain/search/match.h"
#include "libs/domain/search/meaning.h"
#include "libs/domain/search/rank.h"
#include "libs/domain/search/reading.h"

// From a question to an answer: everything of this folder in its order.
namespace kontor::search {

enum class Effort : uint8_t { kLexical = 1, kFused = 2, kLearned = 3 };

// The filters that curation rules name, by the text that names them.
using NamedFilters = std::map<std::string, Filter, std::less<>>;

// What answers are made of, of one moment. Immutable; all but the analyzer and the view may be missing.
struct EngineParts {
  ReadingParts reading;
  std::shared_ptr<const IndexView> view;
  std::shared_ptr<const Curation> curation;
  std::shared_ptr<const NamedFilters> curation_filters;
  std::shared_ptr<const Meaning> meaning;
  std::shared_ptr<const LearnedRanker> ranker;
  int64_t ranker_version = 0;  // of `ranker`, for who tells of it
};

struct EngineSettings {
  Bm25fOptions bm25f;
  BoostOptions boosts;  // now_us is the question's
  FusionWeights fusion;
  LearnedRanker ranker;  // where no other was learned
  size_t window = 200;   // so many of the best by words are ranked again
  // So many products of the nearest meaning join the result, by each kind of vectors, from this cosine on; none where
  // the window is full of products that have every word.
  size_t neighbours = 200;
  float least_sentence_cosine = 0.35F, least_catalogue_cosine = 0.5F;
};

// A place in an answer's whole list.
struct Cursor {
  uint64_t offset = 0;
  RankPosition after_rank;  // behind the window: of the last product shown
  SortPosition after_sort;  // in a sorted list
};

struct Question {
  std::string query;                       // empty: all products, or those of `category`
  std::shared_ptr<const Reading> reading;  // how the query is read; null: it is to be read
  std::vector<std::string> category;       // of a category page
  std::vector<Filter> filters;
  std::vector<FacetSpec> facets;
  std::vector<RangeSpec> ranges;
  size_t useful_facets = 0;  // so many of UsefulFacets beside `facets`
  std::optional<SortSpec> sort;
  size_t page_size = 24;  // 1 … kMaxPageSize
  std::optional<Cursor> cursor;
  MatchOptions match{MatchPolicy::kMost, 24};
  Effort effort = Effort::kLearned;
  bool group_variants = false;
  bool verbatim = false;
  // Above 0, at most 1: the first page, where it is not sorted, stands in an order that earns more, for at most this
  // share of its relevance (OrderByMargin; a result is worth the exponential of its score times what rules make of it,
  // and earns its price times its margin, out of stock nothing). Pins and exact matches stay where they are.
  double max_relevance_loss = 0;
  int64_t now_us = 0;
  std::string segment, device;
};

struct Found {
  DocRef doc;
  double score = 0;
};

// What the order of a first page gave up and gained.
struct MarginTrade {
  double relevance_loss = 0;                   // share
  double margin_before = 0, margin_after = 0;  // micros, sums of a unit's margin / log2(place + 1)
  size_t moved = 0;                            // results at other places
  size_t without_margin = 0;                   // results of which none is known
};

struct Answer {
  Reading reading;
  CurationPlan plan;
  std::vector<Filter> filters;  // all that were applied: the question's, the words', the rules'
  std::vector<Found> page;
  uint64_t total = 0;          // products, or groups
  uint64_t all_words = 0;      // products that have every word
  uint32_t dropped_words = 0;  // products without so many words are among the results
  std::vector<Facet> facets;
  std::vector<RangeFacet> ranges;
  std::optional<Cursor> next;
  std::vector<CurationTrace> trace;
  Effort effort = Effort::kLexical;  // what was done
  std::optional<MarginTrade> margin_trade;
};

// INVALID_ARGUMENT with all violations: of filters, facets, ranges and sort, and a page size out of range.
absl::Status Validate(const Question& question);

// The candidates of the second stage and what it sees of them, to learn a ranker from.
struct RankRows {
  std::vector<DocRef> docs;
  std::vector<uint64_t> sequences;  // what breaks ties
  std::vector<float> rows;          // docs.size() * kFeatures
};
RankRows RowsFor(const EngineParts& parts, const EngineSettings& settings, const Question& question);

// A question before anything is looked up: what rules plan, how the words are read, what is asked for.
struct PreparedQuestion {
  CurationPlan plan;
  Reading reading;
  std::vector<Filter> filters;      // all that apply: the question's, the words', the rules'
  std::vector<std::string> pinned;  // products that rules in force pin
};
PreparedQuestion Prepare(const EngineParts& parts, const Question& question);

// A query's vectors; empty where there is none.
struct QueryVectors {
  std::vector<float> sentence, catalogue;
  float best_cosine = 0;  // of all products with the sentence's, otherwise the catalogue's
  // By IndexView::Row, where the vectors of products are kept elsewhere; empty: Meaning's are looked up.
  std::vector<float> sentence_cosines, catalogue_cosines;

  bool empty() const { return sentence.empty() && catalogue.empty(); }
};
// None for a question that is answered by words alone or sorted.
QueryVectors VectorsOf(const EngineParts& parts, const Question& question, const Reading& reading);

// A result set that was found elsewhere, of which EngineParts::view holds the best by words, the nearest of meaning and
// what is pinned; IndexView::documents and average_length are the whole catalogue's.
struct GatheredSet {
  std::vector<uint64_t> document_frequencies;  // in the whole catalogue, by slot
  uint64_t total = 0, all_words = 0;           // as Answer's
  uint32_t dropped_words = 0;
  std::vector<Facet> facets;
  std::vector<RangeFacet> ranges;
  QueryVectors vectors;
};
struct GatheredAnswer {
  Answer answer;                    // its page ends with the view; `next` is the caller's
  std::vector<std::string> listed;  // GroupKey of all that the view has, as it stands in the whole list
};
// Ranks and curates what was gathered as Ask does, and takes the page out of it.
GatheredAnswer AskGathered(const EngineParts& parts, const EngineSettings& settings, const Question& question,
                           PreparedQuestion prepared, GatheredSet set);
RankRows RowsForGathered(const EngineParts& parts, const EngineSettings& settings, const Question& question,
                         PreparedQuestion prepared, GatheredSet set);
// What a result stands for: its group where variants are grouped and it has one, otherwise itself.
std::string GroupKey(absl::string_view id, absl::string_view group, bool group_variants);

// Total, facets, filters and pages speak of one set of products, whatever they are ranked by: those that the words and
// filters mean, the nearest of meaning and what is pinned. Thread-safe. Validate first.
Answer Ask(const EngineParts& parts, const EngineSettings& settings, const Question& question);

}  // namespace kontor::search
