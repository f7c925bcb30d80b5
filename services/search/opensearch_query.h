#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/domain/search/engine.h"

// Questions in OpenSearch's language, over the documents of opensearch_document.h. Every function gives JSON text.
namespace kontor::search {

// A text as JSON, broken UTF-8 as U+FFFD; a number, exact where it is whole.
std::string JsonText(absl::string_view text);
std::string JsonNumber(double number);

// {"bool":{"filter":[…]}}; without clauses everything.
std::string AllOfQuery(absl::Span<const std::string> clauses);
// {"bool":{"should":[…],"minimum_should_match":1}}; without clauses nothing.
std::string AnyOfQuery(absl::Span<const std::string> clauses);
std::string NotQuery(const std::string& clause);
std::string IdsQuery(absl::Span<const std::string> products);

// The documents that pass, as Evaluate says. Validate first.
std::string FilterQuery(const Filter& filter);

// Products that have one of a slot's alternatives, in any field.
std::string SlotQuery(const Slot& slot);
// What may be in a result whatever it matches: living products with all phrases, without what is excluded.
std::vector<std::string> AllowedQueries(const LexicalQuery& query);

// How much of the words a product needs.
struct WordsLevel {
  enum class Kind : uint8_t { kAll, kLeast, kAny };
  Kind kind = Kind::kAll;
  uint32_t least = 0;  // kLeast: of their masses (SlotMasses)
};
// Products whose words are enough. `masses` by slot; kAll leaves out slots without a mass, unless that leaves none or
// `unknown_too` is set.
std::string WordsQuery(const LexicalQuery& query, absl::Span<const uint32_t> masses, const WordsLevel& level,
                       bool unknown_too);

// The products of `set` with a score near BM25F's: Σ over slots of the best alternative's weighted sum over fields,
// times the boosts; 1 times the boosts without slots. Of very long queries the first alternatives of each slot count.
std::string ScoredQuery(const LexicalQuery& query, const EngineSettings& settings, int64_t now_us,
                        const std::string& set);

// The field that numbers of a property are in; empty for one without.
std::string NumbersField(const Property& property);
// The body's "sort" for SortSpec, ties by seq.
std::string SortClause(const SortSpec& sort);
// "search_after" of a position in that order.
std::string SortedAfter(const SortSpec& sort, const SortPosition& position);

}  // namespace kontor::search
