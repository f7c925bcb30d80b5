#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"

// The function words of queries, by language: one table for each. Phrases are folded words joined by blanks, without
// apostrophes.
namespace kontor::search {

struct QueryWords {
  enum class Role : uint8_t {
    kFiller,      // drops out at the beginning and the end: "can you show me"
    kPolite,      // drops out at the end, and at the beginning beside a filler: "please"
    kSoftFiller,  // drops out at the beginning beside a filler: "hey", "the"
    kBelow,       // before a number a price: "under"
    kBelowMoney,  // before an amount of money only: "up to"
    kAbove,       // "over"
    kAboveMoney,  // "from"
    kAround,      // before an amount of money: "about"
    kBelowAfter,  // behind an amount of money: "or less"
    kAboveAfter,  // "and up"
    kPriceLead,   // goes with the price behind it: "priced", "for"
    kBetween,
    kAnd,  // of "between … and …"
    kTo,   // of "50 to 100"
    kCheap,
    kCheapest,
    kPremium,  // stays a word, too: products are called so
    kNot,      // what follows is not wanted
    kOr,       // goes on with what is not wanted
    kArticle,  // between kNot and the word
    kStop,     // carries little
  };
  static constexpr size_t kPhraseWordsMax = 5;

  // How many words the longest phrase of the role has that begins at words[at]; 0: none does.
  size_t Find(const std::vector<std::string>& words, size_t at, Role role) const;
  bool Is(absl::string_view word, Role role) const;

  absl::flat_hash_map<std::string, std::vector<Role>> phrases;
  absl::flat_hash_set<std::string> first_words;              // of phrases
  absl::flat_hash_map<std::string, double> numbers;          // "fifty"; "hundred" and "thousand" multiply
  absl::flat_hash_map<std::string, std::string> currencies;  // "dollars" → "USD"
};

// English for languages without a table.
const QueryWords& WordsOf(absl::string_view language);

}  // namespace kontor::search
