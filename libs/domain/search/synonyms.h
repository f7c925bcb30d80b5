#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "libs/domain/search/document.h"
#include "libs/domain/text/analyzer.h"

namespace kontor::search {

// What may stand for what. Two-way: each phrase of `phrases` for each other; one-way: `phrases` stand for `from`, not
// back.
struct SynonymSet {
  std::string id;
  std::string from;  // empty: two-way
  std::vector<std::string> phrases;
  float weight = 0.8F;  // against the customer's own word, in (0, 1]
  int64_t start_us = std::numeric_limits<int64_t>::min();
  int64_t end_us = std::numeric_limits<int64_t>::max();  // exclusive
};

// What Expand added, for an explanation.
struct SynonymUse {
  std::string set_id;
  size_t first_slot = 0, slots = 0;
  std::string phrase;  // as its set has it
};

// Compiled sets. Immutable; thread-safe.
class Synonyms {
 public:
  static constexpr size_t kSetsMax = 100'000;
  static constexpr size_t kWordsMax = 8;          // of one phrase
  static constexpr size_t kAlternativesMax = 16;  // of one slot; further ones are not added

  // INVALID_ARGUMENT, with every violation: no id, an id twice, a set without two different phrases, a phrase without
  // words or longer than kWordsMax, a weight outside of (0, 1], an end that is not behind its start.
  static absl::StatusOr<std::shared_ptr<const Synonyms>> Build(absl::Span<const SynonymSet> sets,
                                                               const text::Analyzer& analyzer);

  // `terms[i]` is the term of slots[i]. Every run of slots whose terms are a phrase of a set in force at `now_us` gets
  // the set's other phrases as alternatives in each of its slots, so that a document with the synonym misses none of
  // them. What is added is not expanded again. Longer runs first; an alternative is not added twice to a slot.
  std::vector<SynonymUse> Expand(absl::Span<const std::string> terms, int64_t now_us, std::vector<Slot>& slots) const;

 private:
  struct Rule {
    std::string set_id;
    int64_t start_us = 0, end_us = 0;
    float weight = 1;
    std::vector<std::vector<std::string>> alternatives;  // terms
    std::vector<std::string> phrases;                    // the same as written
  };

  absl::flat_hash_map<std::string, std::vector<uint32_t>> by_phrase_;  // terms joined by blanks → rules
  std::vector<Rule> rules_;
  size_t longest_ = 0;
};

}  // namespace kontor::search
