#pragma once

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "libs/domain/search/document.h"
#include "libs/domain/search/filter.h"
#include "libs/domain/search/index_view.h"
#include "libs/domain/search/postings.h"

// Which documents a query and its filters mean.
namespace kontor::search {

inline constexpr size_t kMaxSlots = 64;
inline constexpr size_t kMaxAlternatives = 16;  // of a slot
inline constexpr size_t kMaxPhraseTerms = 16;
inline constexpr size_t kMaxPhrases = 32;  // and as many exclusions

// INVALID_ARGUMENT with all violations: limits above, empty alternatives or terms, weights that are negative or no
// numbers.
absl::Status Validate(const LexicalQuery& query);

// A query looked up in a view: lists of postings for each slot and segment. Phrases are verified here, in the forward
// index, and become lists of their own. Immutable, thread-safe; lives no longer than the view. Validate the query
// first.
class PreparedQuery {
 public:
  struct Choice {
    PostingList list;
    float weight = 1;
  };
  struct PreparedSlot {
    float weight = 1;
    bool required = false;
    uint64_t document_frequency = 0;  // of its most frequent alternative; 0: no document has it
    float idf = 0;
    std::vector<std::vector<Choice>> choices;  // by segment; lists that are not empty
  };

  // `document_frequencies`: by slot, where the view holds but a part of the products that count; empty: the view's.
  PreparedQuery(const IndexView& view, const LexicalQuery& query, absl::Span<const uint64_t> document_frequencies = {});

  const IndexView& view() const { return *view_; }
  const std::vector<PreparedSlot>& slots() const { return slots_; }
  // Documents that phrases and exclusions leave in a segment; null: all.
  const Bits* allowed(uint32_t part) const { return allowed_[part].get(); }

 private:
  OwnedPostings* PhrasePostings(uint32_t part, absl::Span<const std::string> terms);
  void PrepareSlot(const Slot& slot);
  void SetFrequency(uint64_t document_frequency, PreparedSlot& slot) const;
  void PrepareAllowed(uint32_t part, const LexicalQuery& query);

  const IndexView* view_;
  std::vector<PreparedSlot> slots_;
  std::vector<std::unique_ptr<Bits>> allowed_;
  std::vector<std::unique_ptr<OwnedPostings>> owned_;
};

enum class MatchPolicy : uint8_t {
  kAll = 0,  // all slots
  kMost,     // all slots; while fewer than `enough` match, those that miss a little more
  kAny,      // one slot
};

struct MatchOptions {
  MatchPolicy policy = MatchPolicy::kMost;
  uint64_t enough = 1;
};

// The result set. A query without slots means all products that its phrases and exclusions leave.
//
// kMost: a slot's mass is weight · idf. Level l of n slots takes in the documents whose missing mass is at most l / n
// of the whole (masses in 63 steps), level n − 1 and beyond those that match any. A slot that no document has has no
// mass: unknown words are dropped before anything else (kAll keeps them, and matches nothing). Required slots must
// match on every level.
struct MatchSet {
  struct Part {
    Bits base;                  // words, phrases, exclusions, deletions; no filters
    std::vector<Bits> clauses;  // of each filter, within `base`
    Bits bits;                  // base ∩ clauses: the result
  };
  std::vector<Part> parts;  // by segment of the view
  uint64_t count = 0;       // of `bits`, exact
  uint64_t count_all = 0;   // of documents that match all slots with a mass, and the filters
  uint32_t level = 0;       // kMost: the level used; kAll 0; kAny slots − 1
  std::vector<Filter> filters;

  // Everything that a view holds.
  static MatchSet All(const IndexView& view);
  // Takes in further documents (semantic neighbours); those that are deleted or that a filter, a phrase or an exclusion
  // refuses stay out.
  void Include(const PreparedQuery& query, absl::Span<const DocRef> docs);
  bool Contains(DocRef doc) const { return TestBit(parts[doc.segment].bits, doc.doc); }
};

// Whole masses of slots, by their weights, idf and document frequencies; 0 for those that no document has.
std::vector<uint32_t> SlotMasses(absl::Span<const PreparedQuery::PreparedSlot> slots);

// Validate filters and query first.
MatchSet Match(const PreparedQuery& query, absl::Span<const Filter> filters, const MatchOptions& options);

}  // namespace kontor::search
