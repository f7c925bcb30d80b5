#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "libs/domain/search/document.h"
#include "libs/domain/search/query_model.h"
#include "libs/domain/search/synonyms.h"
#include "libs/domain/text/analyzer.h"
#include "libs/domain/text/spelling.h"

namespace kontor::search {

// What a piece of the query was taken for.
struct QueryPiece {
  enum class Kind : uint8_t {
    kWord,
    kFiller,
    kPrice,
    kPricePreference,
    kBrand,
    kAttribute,
    kCategory,
    kExcluded,
    kPhrase,
    kOperator
  };
  Kind kind = Kind::kWord;
  uint32_t begin = 0, end = 0;  // bytes of the query
  std::string meaning;          // "price <= 50", "brand = Nike"
};

struct UnderstoodQuery {
  std::string text;                // what remains, for an encoder: "red running shoes for women"
  std::vector<text::Token> words;  // searched for; those that are not extra are the first slots, in order
  LexicalQuery lexical;
  std::vector<SynonymUse> synonyms;
  int64_t price_min_micros = -1;  // inclusive; -1: none
  int64_t price_max_micros = -1;  // inclusive; -1: none
  std::string currency;           // ISO 4217 where the query names one; the amounts are not converted
  float price_preference = 0;     // -1: cheap wanted … 1: premium wanted
  std::vector<Preference> preferences;
  std::vector<PredictedCategory> categories;  // by probability
  std::vector<QueryPiece> pieces;             // by position
};

// Free text → structure. English, German and French function words (English ones for other languages): prices ("under
// 50", "between 20 and 40", "50-100 euros", "$100 and up"; a number before a unit is none), "cheap" and its like,
// negation ("not leather", "without laces", -blue), quotes (an unbalanced one is taken as none), OR between words,
// +word, number words before units and prices, spoken phrases around the words ("hey, can you show me … please").
// Immutable; thread-safe.
//
// Slots: a word of the query each, weighing 1, stop words .3, numbers .9, units .2, part numbers .6; further slots,
// behind them, for a number with its unit (.3) and the parts of a part number. Alternatives of a word: its form without
// diacritics, joined and split compounds (.5), synonyms, what spelling names beside it.
class QueryUnderstanding {
 public:
  static constexpr size_t kWordsMax = 64;  // of a query; the rest is ignored

  // What the engine knows of words; each may be null.
  struct Knowledge {
    std::shared_ptr<const QueryModel> model;
    std::shared_ptr<const Synonyms> synonyms;
    std::shared_ptr<const text::SpellingDictionary> spelling;  // for compounds
  };

  // `analyzer` outlives the object.
  QueryUnderstanding(const text::Analyzer& analyzer, Knowledge knowledge);

  // Bytes in the answer are those of the query.
  UnderstoodQuery Understand(absl::string_view query, int64_t now_us) const;
  // Of a corrected query; words that spelling changed weigh less. Bytes are those of the corrected text.
  UnderstoodQuery Understand(const text::CorrectedText& query, int64_t now_us) const;

  // Words that mean something here, for SpellingDictionary::Builder::AddKnown.
  static std::vector<std::string> FunctionWords(absl::string_view language);

 private:
  const text::Analyzer& analyzer_;
  const Knowledge knowledge_;
};

}  // namespace kontor::search
